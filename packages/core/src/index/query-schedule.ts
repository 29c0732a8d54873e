/**
 * When it is worth it to learn from what users asked: soon, and again when many have asked since,
 * because they may ask for other things. Learning takes at most a small share of the time.
 */

import { nowMs } from '../clock.js'
import type { RecentQueries } from './recent-queries.js'

/** Queries after which there is something to learn. */
const FIRST_DUE = 128
/** There is again when there are twice as many, or so many more: half of what is remembered. */
const STEP_MAX = 256
/** Who asks for the best plans has so many more learnt from. */
const NEWS_MIN = 64
/** After it, so many times as long as it took, nothing is learnt. */
const REST = 19

/**
 * When one who learns from queries is to do so.
 *
 * @internal
 */
export class QuerySchedule {
  readonly #queries: Pick<RecentQueries, 'count'>
  readonly #now: () => number
  #due = FIRST_DUE
  /** How many there were when they were learnt from. */
  #learnt = 0
  #restsUntilMs = Number.NEGATIVE_INFINITY

  /** @param now - milliseconds since any start */
  constructor(queries: Pick<RecentQueries, 'count'>, now: () => number = nowMs) {
    this.#queries = queries
    this.#now = now
  }

  /** Whether there are enough queries to learn from at all. */
  get hasBegun(): boolean {
    return this.#queries.count >= FIRST_DUE
  }

  /** Whether so many came in since the last time that the next one is worth it. */
  get isDue(): boolean {
    return this.#queries.count >= this.#due && this.#now() >= this.#restsUntilMs
  }

  /** Whether there are some that nothing was learnt from, enough to make a difference. */
  get hasNews(): boolean {
    return this.#queries.count >= this.#learnt + NEWS_MIN
  }

  /** Says that what is remembered was learnt from, or is about to be. */
  settle(): void {
    const { count } = this.#queries
    this.#learnt = count
    if (count >= this.#due) this.#due = count + Math.min(count, STEP_MAX)
  }

  /** Says how long learning took which has just ended. */
  rest(tookMs: number): void {
    this.#restsUntilMs = this.#now() + REST * tookMs
  }
}
