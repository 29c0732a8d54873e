/**
 * How long something takes, again and again: a count, a sum, a maximum, and a histogram whose
 * buckets are 0.8 % wide or one microsecond (hdr-histogram-js). 20 KiB; recording is arithmetic and
 * allocates nothing. Counts are doubles: those of 32 bits would be full after days of small writes.
 * Of the library only this one class is loaded: all of it would take 15 MB and decode WebAssembly.
 */

import loaded from 'hdr-histogram-js/dist/Float64Histogram.js'

/** Node.js loads the exports of a CommonJS module, bundlers and test runners its default export. */
const Float64Histogram: typeof loaded.default =
  loaded.default ?? (loaded as unknown as typeof loaded.default)

/** 2^26 microseconds, 67 seconds: what takes longer is counted as if it took as long. */
const TICKS_MAX = 2 ** 26
const SIGNIFICANT_DIGITS = 2
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
 * A histogram of durations.
 *
 * @internal
 */
export class LatencyHistogram {
  // Tick t stands for durations above t and up to t + 1 microseconds: upper ends are exact.
  readonly #ticks = new Float64Histogram(1, TICKS_MAX - 1, SIGNIFICANT_DIGITS)
  #totalMs = 0
  #maxMs = 0

  /** Counts one; what is negative, as no clock of ours gives it, counts as 0. */
  record(durationMs: number): void {
    const ms = Math.max(durationMs, 0)
    const tick = Math.ceil(ms * TICKS_PER_MS) - 1
    this.#ticks.recordValue(Math.min(Math.max(tick, 0), TICKS_MAX - 1))
    this.#totalMs += ms
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  /** Sums and quantiles, now. */
  stats(): TimingStats {
    return {
      count: this.#ticks.totalCount,
      totalMs: this.#totalMs,
      maxMs: this.#maxMs,
      p50Ms: this.#quantileMs(0.5),
      p99Ms: this.#quantileMs(0.99),
      p999Ms: this.#quantileMs(0.999),
    }
  }

  /**
   * How many took at most as long as each of some durations.
   *
   * @param exponents - ascending, at most 26: 2^exponent microseconds, at which buckets end
   */
  countsUpTo(exponents: readonly number[]): number[] {
    let index = 0
    let count = 0
    return exponents.map((exponent) => {
      const end = this.#ticks.countsArrayIndex(2 ** exponent)
      for (; index < end; index++) count += this.#ticks.getCountAtIndex(index)
      return count
    })
  }

  #quantileMs(share: number): number {
    if (this.#ticks.totalCount === 0) return 0
    const ticks = this.#ticks.getValueAtPercentile(100 * share) + 1
    return Math.min(ticks / TICKS_PER_MS, this.#maxMs)
  }
}
