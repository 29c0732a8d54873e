/**
 * The table of a collection's segments, 24 bytes each, little endian:
 *
 *     0 flags u32 (1 freed, 2 all rows alive) | 4 row count u32 | 8 rows crc u32
 *     12 written seconds u32 | 16 column bytes u64
 */

import type { CheckpointedSegment } from './checkpoint.js'

/**
 * Bytes of one entry.
 *
 * @internal
 */
export const SEGMENT_ENTRY_BYTES = 24

const FREED = 1
const ALL_ALIVE = 2

/**
 * An entry of the table.
 *
 * @internal
 */
export interface SegmentEntry extends CheckpointedSegment {
  /** Whether every row is alive, so that no alive bits are kept. Never with `freed`. */
  readonly allAlive: boolean
}

/**
 * One entry as bytes.
 *
 * @internal
 */
export function encodeSegmentEntry(entry: SegmentEntry): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_ENTRY_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, (entry.freed ? FREED : 0) | (entry.allAlive ? ALL_ALIVE : 0), true)
  view.setUint32(4, entry.rowCount, true)
  view.setUint32(8, entry.rowsCrc, true)
  view.setUint32(12, entry.writtenSeconds, true)
  view.setBigUint64(16, BigInt(entry.columnBytes), true)
  return bytes
}

/**
 * An entry from bytes; undefined when its flags are wrong. Ranges are the business of the rules.
 *
 * @internal
 */
export function decodeSegmentEntry(view: DataView, offset: number): SegmentEntry | undefined {
  const flags = view.getUint32(offset, true)
  if (flags > ALL_ALIVE) return undefined
  return {
    freed: flags === FREED,
    allAlive: flags === ALL_ALIVE,
    rowCount: view.getUint32(offset + 4, true),
    rowsCrc: view.getUint32(offset + 8, true),
    writtenSeconds: view.getUint32(offset + 12, true),
    columnBytes: Number(view.getBigUint64(offset + 16, true)),
  }
}
