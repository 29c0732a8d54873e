/**
 * The 48 bytes in front of every log record, little endian:
 *
 *     0 magic u32 'SLWR' | 4 version u8 | 5 kind u8 | 6 durability u8 | 7 flags u8 = 0
 *     8 lsn u64 | 16 durableLsn u64 | 24 epoch u32 | 28 collectionId u32
 *     32 bodyLength u32 | 36 payloadLength u32 | 40 databaseTag u32 | 44 crc32c u32
 *
 * Then the body (msgpack), zeros up to a multiple of 8, and the payload (packed rows). The checksum
 * covers bytes 0 to 43 and everything after the header.
 */

import type { Durability } from '../../contract/durability.js'
import { CorruptionError, type SluiceError } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { ENTRY_KINDS, type LogEntry } from './entry.js'

/**
 * Bytes of a record header.
 *
 * @public
 */
export const RECORD_HEADER_BYTES = 48

/** The version of the record format that this code writes, and the only one it reads. */
const RECORD_VERSION = 1

/** 'SLWR' as a little-endian u32. */
const RECORD_MAGIC = 0x5257_4c53

/**
 * The highest LSN: what a signed 64-bit integer holds, so that every reader can keep it.
 *
 * @internal
 */
export const LSN_MAX: bigint = 2n ** 63n - 1n

const DURABILITIES: readonly Durability[] = ['memory', 'os', 'disk']

/**
 * What the writer of a record states about it.
 *
 * @public
 */
export interface RecordHeader {
  /** Log sequence number, from 1. */
  readonly lsn: bigint
  /** The highest LSN known to be durable at `disk` when the record was written; below `lsn`. */
  readonly durableLsn: bigint
  /** How often the database had been opened. */
  readonly epoch: number
  /** The level that the write asked for. */
  readonly durability: Durability
  /** The first 4 bytes of the database's id, as a u32: a record of another one is no good. */
  readonly databaseTag: number
}

/**
 * A header read back, with what it says about the bytes behind it.
 *
 * @public
 */
export interface DecodedHeader extends RecordHeader {
  /** What the record says. */
  readonly kind: 'create' | 'drop' | 'rows' | 'delete' | 'evict' | 'retain'
  /** The collection it is about. */
  readonly collectionId: number
  /** Bytes of the msgpack body. */
  readonly bodyLength: number
  /** Bytes of the rows carried. */
  readonly payloadLength: number
  /** Checksum as stored. */
  readonly crc: number
  /** Bytes of the whole record. */
  readonly byteLength: number
}

/**
 * Where the payload starts, counted from the start of the record: a multiple of 8.
 *
 * @internal
 */
export function payloadStart(bodyLength: number): number {
  return RECORD_HEADER_BYTES + Math.ceil(bodyLength / 8) * 8
}

/**
 * What {@link writeHeader} says of the bytes behind the header.
 *
 * @internal
 */
export interface RecordContent {
  readonly kind: LogEntry['kind']
  readonly collectionId: number
  readonly bodyLength: number
  readonly payloadLength: number
}

/**
 * Writes the first 44 bytes of a header; the checksum is the caller's.
 *
 * @internal
 */
export function writeHeader(view: DataView, header: RecordHeader, content: RecordContent): void {
  view.setUint32(0, RECORD_MAGIC, true)
  view.setUint8(4, RECORD_VERSION)
  view.setUint8(5, ENTRY_KINDS.indexOf(content.kind) + 1)
  view.setUint8(6, DURABILITIES.indexOf(header.durability))
  view.setUint8(7, 0)
  view.setBigUint64(8, header.lsn, true)
  view.setBigUint64(16, header.durableLsn, true)
  view.setUint32(24, header.epoch, true)
  view.setUint32(28, content.collectionId, true)
  view.setUint32(32, content.bodyLength, true)
  view.setUint32(36, content.payloadLength, true)
  view.setUint32(40, header.databaseTag, true)
}

/**
 * The checksum of a whole record, skipping the field that holds it.
 *
 * @internal
 */
export function recordCrc(
  record: Uint8Array,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): number {
  return crc32c(record.subarray(RECORD_HEADER_BYTES), crc32c(record.subarray(0, 44)))
}

/**
 * Reads a header without looking at the bytes behind it: its checksum is not verified.
 *
 * @param bytes - holds the header
 * @param offset - where the record starts
 * @returns the fields, each in its range; lengths are bounded by `LIMITS.recordBytesMax`
 * @throws `SLUICE_CORRUPT` when this is no header, `SLUICE_UNSUPPORTED_FORMAT` for another version
 * @public
 */
export function decodeHeader(bytes: Uint8Array, offset = 0): DecodedHeader {
  const header = parseHeader(bytes, offset)
  if (header instanceof Error) throw header
  return header
}

/**
 * As {@link decodeHeader}, but returns the error: scanning for records meets many of them.
 *
 * @internal
 */
export function parseHeader(bytes: Uint8Array, offset: number): DecodedHeader | SluiceError {
  if (!Number.isSafeInteger(offset) || offset < 0 || bytes.length - offset < RECORD_HEADER_BYTES) {
    return corrupt('a record header is cut off', { offset, byteLength: bytes.length })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, RECORD_HEADER_BYTES)
  if (view.getUint32(0, true) !== RECORD_MAGIC) {
    return corrupt('no log record starts here', { offset })
  }
  const version = view.getUint8(4)
  if (version !== RECORD_VERSION) {
    const message = `Log record version ${version} is unknown; this release reads ${RECORD_VERSION}`
    return new CorruptionError('SLUICE_UNSUPPORTED_FORMAT', message, {
      details: { offset, version, expected: RECORD_VERSION },
    })
  }
  const lsn = view.getBigUint64(8, true)
  const durableLsn = view.getBigUint64(16, true)
  const kind = ENTRY_KINDS[view.getUint8(5) - 1]
  const durability = DURABILITIES[view.getUint8(6)]
  const bodyLength = view.getUint32(32, true)
  const payloadLength = view.getUint32(36, true)
  const byteLength = payloadStart(bodyLength) + payloadLength
  if (kind === undefined || durability === undefined) {
    return corrupt('a record header has an unknown kind or durability', { offset, lsn })
  }
  if (view.getUint8(7) !== 0) {
    return corrupt('a record header has reserved bits set', { offset, lsn })
  }
  if (durableLsn >= lsn || lsn > LSN_MAX) {
    return corrupt('a record header has LSNs out of range', { offset, lsn, durableLsn })
  }
  if (byteLength > LIMITS.recordBytesMax) {
    return corrupt(`a record of ${byteLength} bytes is too large`, { offset, lsn, byteLength })
  }
  return {
    lsn,
    durableLsn,
    epoch: view.getUint32(24, true),
    durability,
    databaseTag: view.getUint32(40, true),
    kind,
    collectionId: view.getUint32(28, true),
    bodyLength,
    payloadLength,
    crc: view.getUint32(44, true),
    byteLength,
  }
}

function corrupt(message: string, details: Readonly<Record<string, unknown>>): CorruptionError {
  return new CorruptionError('SLUICE_CORRUPT', message, { details })
}
