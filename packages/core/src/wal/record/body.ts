/**
 * The msgpack body of a record: a short list of numbers, strings and byte strings. Every kind of
 * entry has one fixed list: no maps, no names, nothing that could reach a prototype.
 * Before msgpackr sees bytes from a log, {@link assertPlainMessage} has checked that they are such
 * a list: no extension types, and no length that goes beyond the bytes.
 */

import { Packr, Unpackr } from 'msgpackr'
import { CorruptionError } from '../../errors.js'

/**
 * What a body is made of.
 *
 * @internal
 */
export type BodyValue = number | string | null | Uint8Array | readonly BodyValue[]

const OPTIONS = { useRecords: false, moreTypes: false, structuredClone: false } as const
const packr = new Packr(OPTIONS)
const unpackr = new Unpackr(OPTIONS)

/** More than any entry has: the deepest and longest is `rows` with string ids and metadata. */
const VALUES_MAX = 32

/** First byte of a scalar to the number of bytes that follow it. */
const SCALAR_BYTES: ReadonlyMap<number, number> = new Map([
  [0xc0, 0], // nil
  [0xca, 4], // float 32
  [0xcb, 8], // float 64
  [0xcc, 1], // uint 8
  [0xcd, 2], // uint 16
  [0xce, 4], // uint 32
])

/** First byte of a byte string or text to the size of its big-endian length. */
const LENGTH_BYTES: ReadonlyMap<number, number> = new Map([
  [0xc4, 1], // bin 8
  [0xc5, 2], // bin 16
  [0xc6, 4], // bin 32
  [0xd9, 1], // str 8
  [0xda, 2], // str 16
])

/**
 * Encodes a body. The result is valid until the next call.
 *
 * @internal
 */
export function encodeBody(values: readonly BodyValue[]): Uint8Array {
  return packr.pack(values)
}

/**
 * Decodes a body; byte strings are views into `bytes`.
 *
 * @throws `SLUICE_CORRUPT` for anything but a plain list
 * @internal
 */
export function decodeBody(bytes: Uint8Array): readonly unknown[] {
  assertPlainMessage(bytes)
  const values: unknown = unpackr.unpack(bytes)
  if (!Array.isArray(values)) throw notPlain('it is not a list', 0)
  return values
}

/**
 * Walks a message without building anything.
 *
 * @throws `SLUICE_CORRUPT` unless `bytes` is exactly one short message of lists, numbers, texts and
 * byte strings that all lie within it
 * @internal
 */
export function assertPlainMessage(bytes: Uint8Array): void {
  let position = 0
  let pending = 1
  for (let seen = 0; pending > 0; seen++) {
    if (seen === VALUES_MAX) throw notPlain('it has too many values', position)
    const head = bytes[position]
    if (head === undefined) throw notPlain('it is cut off', position)
    if (head >= 0x90 && head <= 0x9f) pending += head - 0x90
    position += 1 + contentBytes(bytes, position, head)
    pending -= 1
  }
  if (position !== bytes.length) throw notPlain('its length is wrong', position)
}

/** Bytes of a value beyond its first byte, which is at `position`; 0 for a list. */
function contentBytes(bytes: Uint8Array, position: number, head: number): number {
  if (head <= 0x7f || head >= 0xe0) return 0
  if (head >= 0x90 && head <= 0x9f) return 0
  if (head >= 0xa0 && head <= 0xbf) return head - 0xa0
  const scalar = SCALAR_BYTES.get(head)
  if (scalar !== undefined) return scalar
  const lengthBytes = LENGTH_BYTES.get(head)
  if (lengthBytes === undefined) throw notPlain('it has a value of a foreign type', position)
  let length = 0
  for (let i = 1; i <= lengthBytes; i++) length = length * 256 + (bytes[position + i] ?? 0)
  return lengthBytes + length
}

function notPlain(reason: string, offset: number): CorruptionError {
  return new CorruptionError('SLUICE_CORRUPT', `the body of a log record is bad: ${reason}`, {
    details: { offset },
  })
}
