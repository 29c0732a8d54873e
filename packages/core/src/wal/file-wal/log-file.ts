/**
 * The names and headers of log files. A file is named after its first LSN, in 20 digits, and starts
 * with 24 bytes, little endian:
 *
 *     0 magic u32 'SLWF' | 4 version u8 | 5 zero, 3 bytes | 8 firstLsn u64
 *     16 zero u32 | 20 crc32c u32
 *
 * The checksum covers bytes 0 to 19. Records follow end to end.
 */

import { CorruptionError, type SluiceError } from '../../errors.js'

/**
 * Bytes in front of the first record of a file.
 *
 * @internal
 */
export const FILE_HEADER_BYTES = 24

/** 'SLWF' as a little-endian u32. */
const FILE_MAGIC = 0x4657_4c53
const FILE_VERSION = 1
const NAME_PATTERN = /^(\d{20})\.log$/

/**
 * One file of a log.
 *
 * @internal
 */
export interface LogFile {
  readonly path: string
  readonly firstLsn: bigint
  /** Last record in it; `firstLsn - 1` when it has none. */
  readonly lastLsn: bigint
  /** Bytes up to the end of the last record. */
  readonly byteLength: number
}

/**
 * The name of the file that starts with record `firstLsn`.
 *
 * @internal
 */
export function logFileName(firstLsn: bigint): string {
  return `${firstLsn.toString().padStart(20, '0')}.log`
}

/**
 * The first LSN that a file name states; undefined for a file that is none of ours.
 *
 * @internal
 */
export function firstLsnOf(name: string): bigint | undefined {
  const digits = NAME_PATTERN.exec(name)?.[1]
  return digits === undefined ? undefined : BigInt(digits)
}

/**
 * The header of the file that starts with record `firstLsn`.
 *
 * @internal
 */
export function encodeFileHeader(
  firstLsn: bigint,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, FILE_MAGIC, true)
  view.setUint8(4, FILE_VERSION)
  view.setBigUint64(8, firstLsn, true)
  view.setUint32(20, crc32c(bytes.subarray(0, 20)), true)
  return bytes
}

/**
 * What is wrong with a file header.
 *
 * @param bytes - the first bytes of the file, as many as there are
 * @param firstLsn - what the file's name says
 * @returns undefined for a good header
 * @internal
 */
export function fileHeaderProblem(
  bytes: Uint8Array,
  firstLsn: bigint,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): SluiceError | undefined {
  const details = { firstLsn, offset: 0 }
  if (bytes.length < FILE_HEADER_BYTES) {
    return new CorruptionError('SLUICE_CORRUPT', 'The header of a log file is cut off', { details })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, FILE_HEADER_BYTES)
  const version = view.getUint8(4)
  if (view.getUint32(0, true) === FILE_MAGIC && version !== FILE_VERSION) {
    const message = `Log file version ${version} is not ${FILE_VERSION}, the one this release reads`
    return new CorruptionError('SLUICE_UNSUPPORTED_FORMAT', message, { details })
  }
  const good =
    view.getUint32(0, true) === FILE_MAGIC &&
    view.getBigUint64(8, true) === firstLsn &&
    view.getUint32(20, true) === crc32c(bytes.subarray(0, 20))
  if (good) return undefined
  return new CorruptionError('SLUICE_CORRUPT', 'The header of a log file is damaged', { details })
}
