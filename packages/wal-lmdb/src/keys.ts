/**
 * The keys of the log in LMDB: 12 bytes, LSN u64 and part u32, big endian, so that LMDB's order is
 * the order of the log. A record is cut into parts because large values fragment the file: LMDB
 * needs runs of free pages, and runs of one size are found again.
 */

import type { WalRecord } from '@sluice/core'

/**
 * Bytes of one part: 256 pages of 4 KiB, less the header that LMDB puts in front of a value.
 *
 * @internal
 */
export const PART_BYTES: number = 1024 * 1024 - 24

/**
 * The key of the mark that says where the log starts: behind all records, whose keys start with a
 * byte below 0x80.
 *
 * @internal
 */
export const MARK_KEY: Buffer = Buffer.from([0xff])

/**
 * A bound above all records and below the mark.
 *
 * @internal
 */
export const RECORDS_END: Buffer = Buffer.from([0x80])

/**
 * One value of the database.
 *
 * @internal
 */
export interface Part {
  readonly key: Buffer
  readonly value: Buffer
}

/**
 * The key of a part of a record.
 *
 * @internal
 */
export function partKey(lsn: bigint, part = 0): Buffer {
  const key = Buffer.alloc(12)
  key.writeBigUInt64BE(lsn, 0)
  key.writeUInt32BE(part, 8)
  return key
}

/**
 * The LSN in a key.
 *
 * @internal
 */
export function lsnOf(key: Buffer): bigint {
  return key.readBigUInt64BE(0)
}

/**
 * The part number in a key.
 *
 * @internal
 */
export function partOf(key: Buffer): number {
  return key.readUInt32BE(8)
}

/**
 * Cuts a record into values: views where LMDB can take the memory, else copies.
 *
 * @internal
 */
export function partsOf({ lsn, bytes }: WalRecord): Part[] {
  const parts: Part[] = []
  for (let start = 0; start < bytes.length; start += PART_BYTES) {
    const value = asValue(bytes.subarray(start, start + PART_BYTES))
    parts.push({ key: partKey(lsn, parts.length), value })
  }
  return parts
}

/**
 * lmdb-js takes the address of the ArrayBuffer behind a value, and notes it in a property there. Of
 * a SharedArrayBuffer it silently gets a wrong address and stores whatever lies there; on that of a
 * shared WebAssembly.Memory, which takes no properties, it throws (measured with 3.5.6).
 */
function asValue(bytes: Uint8Array): Buffer {
  const { buffer, byteOffset, byteLength } = bytes
  const usable = buffer instanceof ArrayBuffer && Object.isExtensible(buffer)
  return usable ? Buffer.from(buffer, byteOffset, byteLength) : Buffer.from(bytes)
}
