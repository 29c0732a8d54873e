/** When it is worth it to learn from what users asked: soon, and whenever there is much more. */

import type { RecentQueries } from './recent-queries.js'

/** Queries after which there is something to learn. */
const FIRST_DUE = 128
/** There is again when there are so many times as many. */
const DUE_GROWTH = 2

/**
 * When one who learns from queries is to do so.
 *
 * @internal
 */
export class QuerySchedule {
  readonly #queries: Pick<RecentQueries, 'count'>
  #due = FIRST_DUE

  constructor(queries: Pick<RecentQueries, 'count'>) {
    this.#queries = queries
  }

  /** Whether there are enough queries to learn from at all. */
  get hasBegun(): boolean {
    return this.#queries.count >= FIRST_DUE
  }

  /** Whether so many came in since the last time that the next one is worth it. */
  get isDue(): boolean {
    return this.#queries.count >= this.#due
  }

  /** Says that what is remembered was learnt from. */
  settle(): void {
    while (this.isDue) this.#due *= DUE_GROWTH
  }
}
