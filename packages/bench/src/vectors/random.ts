/** Seeded random numbers: the same seed gives the same numbers everywhere. */

/**
 * A generator of 32-bit words: a Weyl sequence through a finalizer in the manner of SplitMix
 * (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), at 32 bits.
 * Period 2^32.
 *
 * @internal
 */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** The next word, 0 to 2^32 - 1. */
  word(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }

  /** A number from 0 to 1, below 1. */
  unit(): number {
    return this.word() / 2 ** 32
  }

  /** An integer from 0 to `end - 1`. */
  below(end: number): number {
    return Math.floor(this.unit() * end)
  }

  /**
   * A number of mean 0 and deviation 1 that is nearly normal: the sum of the four bytes of a word
   * (Irwin-Hall distribution, n = 4), scaled. One word each, so that millions are quick.
   */
  normal(): number {
    const word = this.word()
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24)
    return (sum - 510) / BYTE_SUM_DEVIATION
  }
}

/** Of the sum of four independent bytes: sqrt(4 (256^2 - 1) / 12). */
const BYTE_SUM_DEVIATION = Math.sqrt((4 * (256 * 256 - 1)) / 12)
