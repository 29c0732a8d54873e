/**
 * Finding whole records in a stream of bytes: for backends that keep records end to end. A record
 * is its own frame: its header says how long it is, its checksum whether it is all there.
 */

import { CorruptionError, type SluiceError } from '../../errors.js'
import { type DecodedHeader, parseHeader, RECORD_HEADER_BYTES, recordCrc } from './header.js'

/**
 * What is found at a place in a stream. `end`: nothing more. `torn`: a record may start here, but
 * the bytes end before it does; it needs `byteLength` of them, as far as can be told. `bad`: what
 * is here is no record.
 *
 * @public
 */
export type Frame =
  | {
      /** A whole, valid record. */
      readonly status: 'ok'
      /** Its header. */
      readonly header: DecodedHeader
      /** The whole record, a view. */
      readonly bytes: Uint8Array
    }
  | {
      /** No bytes are left. */
      readonly status: 'end'
    }
  | {
      /** The bytes end before the record does. */
      readonly status: 'torn'
      /** Bytes that the record needs, as far as can be told. */
      readonly byteLength: number
    }
  | {
      /** No record starts here. */
      readonly status: 'bad'
      /** Why not. */
      readonly error: SluiceError
    }

/**
 * Looks for one whole, valid record.
 *
 * @param bytes - the stream, as much of it as is at hand
 * @param offset - where a record should start
 * @param crc32c - the checksum that records are written with
 * @returns never throws for bad bytes; the next record starts at `offset + bytes.length` of an
 * `ok` frame
 * @public
 */
export function nextFrame(
  bytes: Uint8Array,
  offset: number,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): Frame {
  const available = bytes.length - offset
  if (available <= 0) return { status: 'end' }
  if (available < RECORD_HEADER_BYTES) return { status: 'torn', byteLength: RECORD_HEADER_BYTES }
  const header = parseHeader(bytes, offset)
  if (header instanceof Error) return { status: 'bad', error: header }
  if (header.byteLength > available) return { status: 'torn', byteLength: header.byteLength }
  const record = bytes.subarray(offset, offset + header.byteLength)
  if (recordCrc(record, crc32c) === header.crc) return { status: 'ok', header, bytes: record }
  const { lsn } = header
  const message = `The checksum of log record ${lsn} does not match`
  const error = new CorruptionError('SLUICE_CORRUPT', message, { details: { offset, lsn } })
  return { status: 'bad', error }
}
