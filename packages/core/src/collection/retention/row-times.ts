/**
 * When rows were written: a list of marks, each of which says that the rows from the mark before
 * on were written at a time or sooner. Rows of one stretch of time share a mark, but for the ends
 * of segments; so there are few, however many rows there are. Times only rise: where the clock is
 * set back, rows stay longer, and none goes too soon.
 */

import { storedSeconds } from '../../clock.js'

/** Marks that went are cut off in pieces: cutting costs as much as there are. */
const GONE_MAX = 1024

/**
 * What a checkpoint keeps of the times of rows, in whole seconds since 1970, rounded up.
 *
 * @internal
 */
export interface RowTimesSnapshot {
  /** When the newest row of each segment was written; 0 where nobody knows, or it was evicted. */
  readonly seconds: Uint32Array
  /** Marks within segments, in pairs: the row behind the last one, and when that was written. */
  readonly marks: Uint32Array
}

/**
 * The times of one collection, in milliseconds since 1970.
 *
 * @internal
 */
export class RowTimes {
  readonly #rowsPerSegment: number
  /** Marks: the row behind the last one of each, and its time. */
  readonly #ends: number[] = []
  readonly #times: number[] = []
  /** Marks below this one are of rows that went. */
  #first = 0
  /** Rows below this went. */
  #goneRow = 0

  constructor(rowsPerSegment: number) {
    this.#rowsPerSegment = rowsPerSegment
  }

  /** How many marks there are. */
  get markCount(): number {
    return this.#ends.length - this.#first
  }

  /**
   * Says that rows without a time below `toRow` were written.
   *
   * @param atMs - 0: nobody knows, but not before the rows that were noted last
   * @param stretchMs - how long a stretch of time is whose rows share a mark
   */
  note(toRow: number, atMs: number, stretchMs: number): void {
    const timeMs = Math.max(atMs, this.#times.at(-1) ?? 0)
    if (timeMs === 0) return
    this.#extend(toRow - (toRow % this.#rowsPerSegment), timeMs, stretchMs)
    this.#extend(toRow, timeMs, stretchMs)
  }

  /** The row below which all were written before a moment; 0 if none. */
  rowWrittenBefore(ms: number): number {
    let mark = this.#first
    while (mark < this.#ends.length && (this.#times[mark] ?? 0) < ms) mark++
    return mark === this.#first ? 0 : (this.#ends[mark - 1] ?? 0)
  }

  /** The time of the oldest rows that are left; undefined where there are none with a time. */
  oldestMs(): number | undefined {
    return this.#times[this.#first]
  }

  /** Says that all rows below `row` went. */
  forget(row: number): void {
    this.#goneRow = Math.max(this.#goneRow, row)
    while (this.#first < this.#ends.length && (this.#ends[this.#first] ?? 0) <= row) this.#first++
    if (this.#first <= GONE_MAX) return
    // The last one of them stays: times go on from it.
    this.#ends.splice(0, GONE_MAX)
    this.#times.splice(0, GONE_MAX)
    this.#first -= GONE_MAX
  }

  /** The times of the rows below `rowCount`, as they are now: a copy. */
  snapshot(rowCount: number): RowTimesSnapshot {
    const rowsPerSegment = this.#rowsPerSegment
    const seconds = new Uint32Array(Math.ceil(rowCount / rowsPerSegment))
    const marks: number[] = []
    let segment = Math.floor((this.#ends[this.#first - 1] ?? 0) / rowsPerSegment)
    for (let mark = this.#first; mark < this.#ends.length; mark++) {
      const end = this.#ends[mark] ?? 0
      const second = storedSeconds(this.#times[mark] ?? 0)
      const endOf = (index: number): number => Math.min(rowCount, (index + 1) * rowsPerSegment)
      for (; segment < seconds.length && endOf(segment) <= end; segment++) seconds[segment] = second
      if (end < rowCount && end % rowsPerSegment !== 0) marks.push(end, second)
    }
    return { seconds, marks: Uint32Array.from(marks) }
  }

  /** Starts from a snapshot of so many rows, in place of what was in. */
  restore(rowCount: number, { seconds, marks }: RowTimesSnapshot): void {
    this.#first = 0
    this.#goneRow = 0
    this.#ends.length = 0
    this.#times.length = 0
    let next = 0
    for (const [segment, second] of seconds.entries()) {
      const end = Math.min(rowCount, (segment + 1) * this.#rowsPerSegment)
      for (; (marks[next] ?? end) < end; next += 2) this.#push(marks[next]!, marks[next + 1]!)
      if (second > 0) this.#push(end, second)
    }
  }

  #push(end: number, second: number): void {
    this.#ends.push(end)
    this.#times.push(Math.max(second * 1000, this.#times.at(-1) ?? 0))
  }

  /** Gives the rows below `toRow` a time, with the last mark where they may share it. */
  #extend(toRow: number, timeMs: number, stretchMs: number): void {
    const last = this.#ends.length - 1
    const lastRow = this.#ends[last] ?? 0
    if (toRow <= Math.max(lastRow, this.#goneRow)) return
    const isNew = last < this.#first || lastRow % this.#rowsPerSegment === 0
    const stretch = Math.floor((this.#times[last] ?? 0) / stretchMs)
    const at = isNew || Math.floor(timeMs / stretchMs) !== stretch ? last + 1 : last
    this.#ends[at] = toRow
    this.#times[at] = timeMs
  }
}
