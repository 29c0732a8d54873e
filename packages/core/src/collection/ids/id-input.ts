/**
 * Ids as callers give them, checked and turned into columns. A BigUint64Array is viewed in place;
 * arrays are read once, element by element, so that nothing can change between check and use.
 */

import { readInput, unexpected } from '../../checks.js'
import { InvalidArgumentError } from '../../errors.js'
import type { StringIdBatch, U64IdBatch } from '../../id-batch.js'
import { LIMITS } from '../../limits.js'
import { render } from '../../render.js'
import { typedView } from '../../typed-view.js'

const ID_KINDS = 'an array of bigint, number or string, or a BigUint64Array'
const U64_MAX = 2n ** 64n - 1n
const TWO_32 = 2 ** 32

/**
 * Checks ids and lays them out as columns. No ids at all are u64 ids.
 *
 * @param input - what the caller gave
 * @param count - how many there must be; any number when undefined
 * @throws InvalidArgumentError `SLUICE_INVALID_ARGUMENT` naming the row, or
 * `SLUICE_LIMIT_EXCEEDED`
 * @internal
 */
export function parseIds(input: unknown, count: number | undefined): U64IdBatch | StringIdBatch {
  const view = typedView('ids', input)
  if (view !== undefined) {
    if (view.name !== 'BigUint64Array') throw unexpected('ids', ID_KINDS, input)
    checkCount(view.length, count)
    // A copy: the log reads the ids again when the caller may have changed or transferred his.
    return { kind: 'u64', count: view.length, words: new Uint32Array(view.bytes.slice().buffer) }
  }
  return readInput('ids', () => {
    if (!Array.isArray(input)) throw unexpected('ids', ID_KINDS, input)
    const ids: readonly unknown[] = input
    const length = ids.length
    checkCount(length, count)
    const first = length === 0 ? undefined : ids[0]
    return typeof first === 'string' ? parseStrings(ids, length) : parseNumbers(ids, length)
  })
}

function checkCount(actual: number, expected: number | undefined): void {
  if (expected !== undefined && actual !== expected) {
    throw new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `ids: expected one per row, that is ${expected}, got ${actual}`,
      { details: { argument: 'ids', expected, actual } },
    )
  }
  if (actual > LIMITS.rowsPerBatchMax && expected === undefined) {
    throw new InvalidArgumentError(
      'SLUICE_LIMIT_EXCEEDED',
      `ids: at most ${LIMITS.rowsPerBatchMax} in one call, got ${actual}`,
      { details: { argument: 'ids', max: LIMITS.rowsPerBatchMax, actual } },
    )
  }
}

function parseNumbers(ids: readonly unknown[], count: number): U64IdBatch {
  const words = new Uint32Array(2 * count)
  const wide = new BigUint64Array(words.buffer)
  for (let row = 0; row < count; row++) {
    const id = ids[row]
    if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) {
      words[2 * row] = id % TWO_32
      words[2 * row + 1] = Math.floor(id / TWO_32)
    } else if (typeof id === 'bigint' && id >= 0n && id <= U64_MAX) {
      wide[row] = id
    } else {
      throw badId(row, id, expectedNumber(row, id))
    }
  }
  return { kind: 'u64', count, words }
}

function expectedNumber(row: number, id: unknown): string {
  if (typeof id === 'number') return 'an integer from 0 to 2^53 - 1, or a bigint'
  if (typeof id === 'bigint') return 'an integer from 0 to 2^64 - 1'
  return row === 0 ? 'a bigint, number or string' : 'a bigint or number, like row 0'
}

function parseStrings(ids: readonly unknown[], count: number): StringIdBatch {
  const ends = new Uint32Array(count)
  let bytes = new Uint8Array(Math.max(256, 24 * count))
  let end = 0
  for (let row = 0; row < count; row++) {
    const id = ids[row]
    if (typeof id !== 'string') throw badId(row, id, 'a string, like row 0')
    if (id.length === 0 || id.length > LIMITS.stringIdBytesMax) throw badLength(row, id)
    if (end + 3 * id.length > bytes.length) bytes = enlarge(bytes, end)
    const start = end
    end = writeUtf8(id, bytes, start)
    if (end < 0) throw badId(row, id, 'well-formed Unicode, without lone surrogates')
    if (end - start > LIMITS.stringIdBytesMax) throw badLength(row, id)
    ends[row] = end
  }
  return { kind: 'string', count, bytes: bytes.subarray(0, end), ends }
}

function enlarge(bytes: Uint8Array, used: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length + 3 * LIMITS.stringIdBytesMax)
  larger.set(bytes.subarray(0, used))
  return larger
}

/** Writes a string as UTF-8 and returns where it ends, or -1 if a surrogate stands alone. */
function writeUtf8(text: string, bytes: Uint8Array, start: number): number {
  let at = start
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      bytes[at++] = unit
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6)
      bytes[at++] = 0x80 | (unit & 63)
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes[at++] = 0xe0 | (unit >> 12)
      bytes[at++] = 0x80 | ((unit >> 6) & 63)
      bytes[at++] = 0x80 | (unit & 63)
    } else {
      const next = text.charCodeAt(++i)
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return -1
      const point = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00)
      bytes[at++] = 0xf0 | (point >> 18)
      bytes[at++] = 0x80 | ((point >> 12) & 63)
      bytes[at++] = 0x80 | ((point >> 6) & 63)
      bytes[at++] = 0x80 | (point & 63)
    }
  }
  return at
}

function badLength(row: number, id: string): InvalidArgumentError {
  return badId(row, id, `1 to ${LIMITS.stringIdBytesMax} bytes of UTF-8`)
}

function badId(row: number, id: unknown, expected: string): InvalidArgumentError {
  return new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    `ids: row ${row}: expected ${expected}, got ${render(id)}`,
    { details: { argument: 'ids', row, expected, actual: render(id) } },
  )
}
