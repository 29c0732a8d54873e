/**
 * How often which size occurred, of whatever is counted in ticks: buckets are 0.8 % wide or one
 * tick (hdr-histogram-js). 20 KiB; recording is arithmetic and allocates nothing. Counts are
 * doubles: those of 32 bits would be full after days of small writes.
 * Of the library only this one class is loaded: all of it would take 15 MB and decode WebAssembly.
 */

import loaded from 'hdr-histogram-js/dist/Float64Histogram.js'

/** Node.js loads the exports of a CommonJS module, bundlers and test runners its default export. */
const Float64Histogram: typeof loaded.default =
  loaded.default ?? (loaded as unknown as typeof loaded.default)

/** What is larger is counted as if it were so large: 67 seconds in microseconds, 64 GiB in KiB. */
const TICKS_MAX = 2 ** 26
const SIGNIFICANT_DIGITS = 2

/**
 * A histogram of sizes, which need not be whole ticks.
 *
 * @internal
 */
export class TickHistogram {
  // Entry t stands for sizes above t and up to t + 1 ticks: upper ends are exact.
  readonly #entries = new Float64Histogram(1, TICKS_MAX - 1, SIGNIFICANT_DIGITS)

  /** How many were recorded. */
  get count(): number {
    return this.#entries.totalCount
  }

  /** Counts one. */
  record(ticks: number): void {
    const entry = Math.ceil(ticks) - 1
    this.#entries.recordValue(Math.min(Math.max(entry, 0), TICKS_MAX - 1))
  }

  /**
   * What this share of them does not pass, in ticks: never too low, too high by less than 1 % or a
   * tick. At most 2^26; 0 where there are none.
   */
  quantile(share: number): number {
    return this.count === 0 ? 0 : this.#entries.getValueAtPercentile(100 * share) + 1
  }

  /**
   * How many were at most as large as each of some sizes.
   *
   * @param exponents - ascending, at most 26: 2^exponent ticks, at which buckets end
   */
  countsUpTo(exponents: readonly number[]): number[] {
    let index = 0
    let count = 0
    return exponents.map((exponent) => {
      const end = this.#entries.countsArrayIndex(2 ** exponent)
      for (; index < end; index++) count += this.#entries.getCountAtIndex(index)
      return count
    })
  }
}
