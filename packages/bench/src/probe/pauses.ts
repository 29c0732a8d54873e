/** When the event loop kept others waiting: each pause with its beginning and its end. */

import { performance } from 'node:perf_hooks'
import type { TimeSpan } from '../time-span.js'

/** A timer as often as there is one. */
const PERIOD_MS = 1
/** Less is the timer's own doing. */
const PAUSE_MS_MIN = 1

/**
 * Notes from construction until `stop` by how much a timer of 1 ms comes late, from 1 ms on.
 *
 * @internal
 */
export class PauseProbe {
  readonly #pauses: TimeSpan[] = []
  readonly #timer: NodeJS.Timeout
  #dueMs = performance.now() + PERIOD_MS

  constructor() {
    this.#timer = setInterval(() => this.#note(), PERIOD_MS)
  }

  /** The pauses so far, in order, each of the length by which a call came late. */
  get pauses(): readonly TimeSpan[] {
    return this.#pauses
  }

  /** Ends measuring. */
  stop(): void {
    clearInterval(this.#timer)
    this.#note()
  }

  #note(): void {
    const nowMs = performance.now()
    if (nowMs - this.#dueMs >= PAUSE_MS_MIN)
      this.#pauses.push({ startMs: this.#dueMs, endMs: nowMs })
    this.#dueMs = nowMs + PERIOD_MS
  }
}
