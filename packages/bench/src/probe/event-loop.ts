/** How long the event loop keeps others waiting. */

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** A timer every so often; Node records the time between its calls. */
const RESOLUTION_MS = 1

/**
 * Delays of the event loop, in milliseconds beyond the timer's own period.
 *
 * @internal
 */
export interface EventLoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/**
 * Measures from construction until `stop`.
 *
 * @internal
 */
export class EventLoopProbe {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#histogram.enable()
  }

  /** Ends measuring. */
  stop(): EventLoopDelay {
    this.#histogram.disable()
    const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
    return {
      p50: delayMs(this.#histogram.percentile(50)),
      p99: delayMs(this.#histogram.percentile(99)),
      max: delayMs(this.#histogram.max),
    }
  }
}
