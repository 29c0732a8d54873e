/** When faults are injected: 0.4 of every 1.6 s, so that most windows are ordinary. */

import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { TimeSpan } from '../../time-span.js'

const PERIOD_MS = 1600
const OFFSET_MS = 800
const LENGTH_MS = 400

/**
 * A schedule that is over before it begins, until it is started.
 *
 * @internal
 */
export class FaultSchedule {
  readonly #spans: TimeSpan[] = []

  /** The spans of the faults, in order. */
  get spans(): readonly TimeSpan[] {
    return this.#spans
  }

  /** Sets the beginning and the end of the time in which there are faults. */
  start(originMs: number, lengthMs: number): void {
    for (let atMs = OFFSET_MS; atMs + LENGTH_MS <= lengthMs; atMs += PERIOD_MS) {
      const startMs = originMs + atMs
      this.#spans.push({ startMs, endMs: startMs + LENGTH_MS })
    }
  }

  /** When the fault of this instant ends; undefined where there is none. */
  endMs(): number | undefined {
    const nowMs = performance.now()
    return this.#spans.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs)?.endMs
  }

  /** Resolves once there is no fault; at once where there is none. */
  async whenOver(): Promise<void> {
    for (let endMs = this.endMs(); endMs !== undefined; endMs = this.endMs()) {
      await delay(Math.max(1, endMs - performance.now()))
    }
  }

  /**
   * Does something over and over while there is a fault, letting the event loop turn in between.
   *
   * @param task - told when the fault ends
   * @param signal - ends it
   */
  async during(task: (endMs: number) => void | Promise<void>, signal: AbortSignal): Promise<void> {
    for (const { startMs, endMs } of this.#spans) {
      await pause(startMs - performance.now(), signal)
      while (performance.now() < endMs && !signal.aborted) {
        await task(endMs)
        await pause(0, signal)
      }
    }
  }
}

/** A wait that an abort ends. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await delay(Math.max(0, ms), undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
