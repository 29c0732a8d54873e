/**
 * Which rows of a capped collection may go: the oldest ones, whole segments at a time. A function
 * of counts and times; it changes nothing.
 */

import type { RetentionSchema } from '../../schema.js'

/**
 * What a collection holds, in the order of writing.
 *
 * @internal
 */
export interface RetainedRows {
  /** Rows ever written, dead ones too. */
  readonly visibleRows: number
  /** Rows below this have gone already. */
  readonly evictedRow: number
  /** Bytes of a row. */
  readonly stride: number
  readonly rowsPerSegment: number
  /** When the newest row of a segment was written, in seconds since 1970; 0: nobody knows. */
  secondsOf(segment: number): number
}

/**
 * The row below which all may go now: the end of a segment, or of the rows there are; 0 if none.
 *
 * @param nowMs - milliseconds since 1970
 * @internal
 */
export function dueRow(retention: RetentionSchema, rows: RetainedRows, nowMs: number): number {
  const { visibleRows, evictedRow, stride, rowsPerSegment } = rows
  const { rowsMax, bytesMax, ttlMs } = retention
  const keptMax = Math.min(rowsMax ?? visibleRows, Math.ceil((bytesMax ?? Infinity) / stride))
  const spare = Math.max(0, visibleRows - keptMax)
  let segment = Math.floor(Math.max(spare, evictedRow) / rowsPerSegment)
  const byCount = Math.floor(spare / rowsPerSegment) * rowsPerSegment
  if (ttlMs === undefined) return byCount
  let byTime = 0
  while (segment * rowsPerSegment < visibleRows) {
    if (!(nowMs > expiryMs(rows.secondsOf(segment), ttlMs))) break
    segment += 1
    byTime = Math.min(visibleRows, segment * rowsPerSegment)
  }
  return Math.max(byCount, byTime)
}

/**
 * After which moment the oldest segment may go by its age, in milliseconds since 1970; undefined
 * where none will.
 *
 * @internal
 */
export function nextExpiryMs(retention: RetentionSchema, rows: RetainedRows): number | undefined {
  const { visibleRows, evictedRow, rowsPerSegment } = rows
  if (retention.ttlMs === undefined || evictedRow >= visibleRows) return undefined
  const seconds = rows.secondsOf(Math.floor(evictedRow / rowsPerSegment))
  return expiryMs(seconds, retention.ttlMs)
}

/** A time that nobody knows is not over. */
function expiryMs(seconds: number, ttlMs: number): number {
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000 + ttlMs
}
