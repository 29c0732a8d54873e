/** How long something takes, again and again: a count, a sum, a maximum and a histogram. */

import { TickHistogram } from './tick-histogram.js'

const TICKS_PER_MS = 1000

/**
 * How long something took, since opening. Quantiles are never too low, and too high by less than
 * 1 % or a microsecond; those above 67 seconds read as 67 seconds.
 *
 * @public
 */
export interface TimingStats {
  /** How often it ended. */
  readonly count: number
  /** The sum. */
  readonly totalMs: number
  /** The longest; 0 before the first. */
  readonly maxMs: number
  /** Half of them took at most so long; 0 before the first, like the other quantiles. */
  readonly p50Ms: number
  /** 99 % took at most so long. */
  readonly p99Ms: number
  /** 99.9 % took at most so long. */
  readonly p999Ms: number
}

/**
 * A histogram of durations. Recording allocates nothing.
 *
 * @internal
 */
export class LatencyHistogram {
  readonly #microseconds = new TickHistogram()
  #totalMs = 0
  #maxMs = 0

  /** Counts one; what is negative, as no clock of ours gives it, counts as 0. */
  record(durationMs: number): void {
    const ms = Math.max(durationMs, 0)
    this.#microseconds.record(ms * TICKS_PER_MS)
    this.#totalMs += ms
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  /** Sums and quantiles, now. */
  stats(): TimingStats {
    return {
      count: this.#microseconds.count,
      totalMs: this.#totalMs,
      maxMs: this.#maxMs,
      p50Ms: this.#quantileMs(0.5),
      p99Ms: this.#quantileMs(0.99),
      p999Ms: this.#quantileMs(0.999),
    }
  }

  /** How many took at most 2^exponent microseconds, for ascending exponents up to 26. */
  countsUpTo(exponents: readonly number[]): number[] {
    return this.#microseconds.countsUpTo(exponents)
  }

  #quantileMs(share: number): number {
    return Math.min(this.#microseconds.quantile(share) / TICKS_PER_MS, this.#maxMs)
  }
}
