/**
 * Where the log starts: kept beside the records, because a log that has forgotten all of them must
 * not give their numbers again. 20 bytes, little endian:
 *
 *     0 magic u32 'SLWM' | 4 version u8 | 5 zero, 3 bytes | 8 firstLsn u64 | 16 crc32c u32
 */

import { CorruptionError } from '@sluice/core'

const BYTE_LENGTH = 20
/** 'SLWM' as a little-endian u32. */
const MAGIC = 0x4d57_4c53
const VERSION = 1

/**
 * The mark for a log that starts at `firstLsn`.
 *
 * @internal
 */
export function encodeStartMark(
  firstLsn: bigint,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
): Buffer {
  const bytes = Buffer.alloc(BYTE_LENGTH)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt8(VERSION, 4)
  bytes.writeBigUInt64LE(firstLsn, 8)
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 16)), 16)
  return bytes
}

/**
 * The first LSN in a mark.
 *
 * @throws `SLUICE_CORRUPT` or `SLUICE_UNSUPPORTED_FORMAT`
 * @internal
 */
export function decodeStartMark(
  bytes: Buffer,
  crc32c: (bytes: Uint8Array, seed?: number) => number,
  file: string,
): bigint {
  if (bytes.length !== BYTE_LENGTH || bytes.readUInt32LE(0) !== MAGIC) throw damaged(file)
  const version = bytes.readUInt8(4)
  if (version !== VERSION) {
    const message = `The log in ${file} has version ${version}, not ${VERSION}`
    throw new CorruptionError('SLUICE_UNSUPPORTED_FORMAT', message, { details: { file, version } })
  }
  if (bytes.readUInt32LE(16) !== crc32c(bytes.subarray(0, 16))) throw damaged(file)
  return bytes.readBigUInt64LE(8)
}

function damaged(file: string): CorruptionError {
  const message = `The start mark of the log in ${file} is damaged`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file } })
}
