/**
 * Rows that the id index names already and that searches cannot see yet, because their record is
 * still on its way into the log. For each it is known what the index named before, so that a
 * reader can step back to the row that is visible.
 */

import { NO_ROW } from '../ids/id-index.js'

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
 * Submitted writes of one collection, in row order. They become visible from the oldest on, and are
 * taken back from the newest on, so both ends are cheap.
 *
 * @internal
 */
export class PendingPuts {
  #puts: PendingPut[] = []
  /** The oldest write that is still pending; those before it are gone. */
  #first = 0

  /** Adds the newest write. */
  add(put: PendingPut): void {
    this.#puts.push(put)
  }

  /** Removes a write that has become visible or was taken back. */
  remove(put: PendingPut): void {
    if (this.#puts[this.#first] === put) this.#first += 1
    else if (this.#puts.at(-1) === put) this.#puts.pop()
    else this.#puts = this.#puts.filter((other) => other !== put)
    if (2 * this.#first < this.#puts.length) return
    this.#puts = this.#puts.slice(this.#first)
    this.#first = 0
  }

  /** What the index held before a pending row took its place. */
  previousOf(row: number): number {
    let low = this.#first
    let high = this.#puts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#puts[middle]?.rowBase ?? 0) <= row) low = middle + 1
      else high = middle
    }
    const put = this.#puts[low - 1]
    if (low === this.#first || put === undefined) return NO_ROW
    return put.previous[row - put.rowBase] ?? NO_ROW
  }
}
