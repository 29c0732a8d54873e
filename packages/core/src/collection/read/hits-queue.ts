/** Makes hits of answers as they come, in steps short enough for the event loop. */

import type { NearestRows } from '../../kernels/nearest-heap.js'
import type { Hits } from '../../search/hits.js'
import { TimeSlice } from '../../time-slice.js'

/**
 * How hits are made.
 *
 * @internal
 */
export interface HitsMaking {
  readonly make: (nearest: NearestRows) => Hits
  /** Whether nobody wants them any more. */
  readonly isOver: () => boolean
  /** Called when one of them could not be made. */
  readonly onFailed: () => void
}

/**
 * The hits of many queries.
 *
 * @internal
 */
export class HitsQueue {
  readonly #making: HitsMaking
  readonly #hits: Hits[]
  readonly #waiting: { readonly query: number; readonly nearest: NearestRows }[] = []
  #underWay: Promise<void> = Promise.resolve()
  #isMaking = false
  #failure: { readonly error: unknown } | undefined

  constructor(count: number, making: HitsMaking) {
    this.#hits = new Array<Hits>(count)
    this.#making = making
  }

  /** Takes the answers of queries from `from` on. */
  add(from: number, found: readonly NearestRows[]): void {
    found.forEach((nearest, i) => {
      this.#waiting.push({ query: from + i, nearest })
    })
    if (!this.#isMaking) this.#underWay = this.#makeAll()
  }

  /**
   * The hits of all queries, of which every one was answered.
   *
   * @throws whatever kept some from being made
   */
  async all(): Promise<Hits[]> {
    await this.#underWay
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#hits
  }

  /** Never throws. */
  async #makeAll(): Promise<void> {
    const { make, isOver, onFailed } = this.#making
    const slice = new TimeSlice()
    this.#isMaking = true
    try {
      for (let at = 0; at < this.#waiting.length && !isOver(); at++) {
        const { query, nearest } = this.#waiting[at]!
        this.#hits[query] = make(nearest)
        if (slice.isOver()) await slice.next()
      }
    } catch (error) {
      this.#failure ??= { error }
      onFailed()
    }
    this.#waiting.length = 0
    this.#isMaking = false
  }
}
