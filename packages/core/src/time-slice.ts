/**
 * Keeps long work from holding the event loop: work in small steps, and after each one ask
 * whether the slice is used up.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { nowMs } from './clock.js'

const SLICE_MS = 1

/**
 * A stretch of synchronous work on the event loop.
 *
 * @internal
 */
export class TimeSlice {
  #startMs = nowMs()

  /** Whether the work has run for long enough and should yield. */
  isOver(): boolean {
    return nowMs() - this.#startMs >= SLICE_MS
  }

  /** Lets the event loop turn once, and starts a new slice. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#startMs = nowMs()
        resolve()
      })
    })
  }
}

/**
 * Keeps many calls that never wait, one after the other, from holding the event loop together.
 *
 * @internal
 */
export class LoopShare {
  /** When the first call since the last turn ended. */
  #startMs: number | undefined

  /**
   * Lets the event loop turn if it has not for a slice; undefined where there is no need.
   *
   * @param atMs - now
   */
  take(atMs: number): Promise<void> | undefined {
    if (this.#startMs === undefined) {
      this.#startMs = atMs
      setImmediate(() => {
        this.#startMs = undefined
      })
      return undefined
    }
    return atMs - this.#startMs >= SLICE_MS ? nextTurn() : undefined
  }
}
