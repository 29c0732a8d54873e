/** How full the queue of writes is, and was whenever a write came to its door. */

import { TickHistogram } from '../observe/tick-histogram.js'

const TICK_BYTES = 1024

/**
 * How full the queue was when writes came to it, since opening, in bytes. Quantiles are never too
 * low, and too high by less than 1 % or a KiB, but 0 where the queue was empty; those above 64 GiB
 * read as 64 GiB.
 *
 * @public
 */
export interface QueueDepthStats {
  /** Writes that came. */
  readonly count: number
  /** The sum of what they found; divided by their number the mean. */
  readonly totalBytes: number
  /** Half of them found at most so much; 0 before the first, like the other quantiles. */
  readonly p50Bytes: number
  /** 99 % found at most so much. */
  readonly p99Bytes: number
  /** 99.9 % found at most so much. */
  readonly p999Bytes: number
}

/**
 * How full the queue of writes is.
 *
 * @public
 */
export interface QueueStats {
  /** Bytes admitted and not yet acknowledged. */
  readonly bytes: number
  /** The bound. */
  readonly bytesMax: number
  /** Writes waiting to be admitted, of each collection the first. */
  readonly waiting: number
  /** The most bytes ever admitted at once. */
  readonly bytesPeak: number
  /** What `bytes` was whenever a write came to be admitted. */
  readonly depth: QueueDepthStats
}

/**
 * A histogram of bytes under way. Recording allocates nothing.
 *
 * @internal
 */
export class QueueDepths {
  readonly #ticks = new TickHistogram()
  #totalBytes = 0
  #bytesMax = 0
  #emptyCount = 0

  /** Counts a write that found so many bytes. */
  record(bytes: number): void {
    this.#ticks.record(bytes / TICK_BYTES)
    this.#totalBytes += bytes
    if (bytes > this.#bytesMax) this.#bytesMax = bytes
    if (bytes === 0) this.#emptyCount++
  }

  /** Sums and quantiles, now. */
  stats(): QueueDepthStats {
    return {
      count: this.#ticks.count,
      totalBytes: this.#totalBytes,
      p50Bytes: this.#quantileBytes(0.5),
      p99Bytes: this.#quantileBytes(0.99),
      p999Bytes: this.#quantileBytes(0.999),
    }
  }

  /** How many found at most 2^exponent KiB, for ascending exponents up to 26. */
  countsUpTo(exponents: readonly number[]): number[] {
    return this.#ticks.countsUpTo(exponents)
  }

  /** A tick stands for what is in it and more: an empty queue and the fullest are known better. */
  #quantileBytes(share: number): number {
    if (this.#emptyCount >= share * this.#ticks.count) return 0
    return Math.min(this.#ticks.quantile(share) * TICK_BYTES, this.#bytesMax)
  }
}
