/**
 * Which rows of a capped collection may go: the oldest ones, in steps that follow the bound. A
 * function of counts and times; it changes nothing.
 */

import type { RetentionSchema } from '../../schema.js'

/** Steps in which the rows, the bytes or the time that a bound allows go by. */
const STEPS = 16

/**
 * What a collection holds, in the order of writing.
 *
 * @internal
 */
export interface RetainedRows {
  /** Rows ever written, dead ones too. */
  readonly rowCount: number
  /** Bytes of a row. */
  readonly stride: number
  readonly rowsPerSegment: number
  readonly times: RetainedTimes
}

/**
 * When the rows were written, in milliseconds since 1970.
 *
 * @internal
 */
export interface RetainedTimes {
  /** The row below which all were written before a moment; 0 if none. */
  rowWrittenBefore(ms: number): number
  /** The time of the oldest rows that are left; undefined where there are none with a time. */
  oldestMs(): number | undefined
}

/**
 * The row below which all may go now; 0 if none. By their number rows go in steps of a sixteenth of
 * those that are kept, or of a segment where that is less.
 *
 * @param nowMs - milliseconds since 1970
 * @internal
 */
export function dueRow(retention: RetentionSchema, rows: RetainedRows, nowMs: number): number {
  const { rowCount, stride, rowsPerSegment, times } = rows
  const { rowsMax, bytesMax, ttlMs } = retention
  const keptMax = Math.min(rowsMax ?? rowCount, Math.ceil((bytesMax ?? Infinity) / stride))
  const step = Math.min(rowsPerSegment, Math.max(1, Math.floor(keptMax / STEPS)))
  const byCount = Math.floor(Math.max(0, rowCount - keptMax) / step) * step
  return ttlMs === undefined ? byCount : Math.max(byCount, times.rowWrittenBefore(nowMs - ttlMs))
}

/**
 * After which moment the oldest rows may go by their age, in milliseconds since 1970; undefined
 * where none will.
 *
 * @internal
 */
export function nextExpiryMs({ ttlMs }: RetentionSchema, times: RetainedTimes): number | undefined {
  const oldestMs = times.oldestMs()
  return ttlMs === undefined || oldestMs === undefined ? undefined : oldestMs + ttlMs
}

/**
 * How long a stretch of time is whose rows go together.
 *
 * @internal
 */
export function stretchMsOf(retention: RetentionSchema | undefined): number {
  return (retention?.ttlMs ?? Number.POSITIVE_INFINITY) / STEPS
}
