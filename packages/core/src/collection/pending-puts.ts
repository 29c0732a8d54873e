/**
 * Rows that the id index names already and that searches cannot see yet, because their record is
 * still on its way into the log. For each it is known what the index named before, so that a
 * reader can step back to the row that is visible.
 */

import { NO_ROW } from './ids/id-index.js'

/**
 * The rows of one submitted write.
 *
 * @internal
 */
export interface PendingPut {
  readonly rowBase: number
  readonly rowCount: number
  /** What the index held for each id before: a row, with or without the flag DELETED, or NO_ROW. */
  readonly previous: Uint32Array
}

/**
 * Submitted writes of one collection, in row order.
 *
 * @internal
 */
export class PendingPuts {
  #puts: PendingPut[] = []

  /** Adds the newest write. */
  add(put: PendingPut): void {
    this.#puts.push(put)
  }

  /** Removes a write that has become visible or was taken back. */
  remove(put: PendingPut): void {
    this.#puts = this.#puts.filter((other) => other !== put)
  }

  /** What the index held before a pending row took its place. */
  previousOf(row: number): number {
    for (const put of this.#puts) {
      const offset = row - put.rowBase
      if (offset >= 0 && offset < put.rowCount) return put.previous[offset] ?? NO_ROW
    }
    return NO_ROW
  }
}
