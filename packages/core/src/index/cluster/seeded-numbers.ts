/** Numbers that look random and follow from a seed, so that lists are made the same every time. */

import { mix } from '../../rotation-signs.js'

/** 2^32 divided by the golden ratio, odd: steps that visit every u32 and spread evenly. */
const STEP = 0x9e3779b9

/**
 * A stream of numbers: a counter through the finalizer of MurmurHash3.
 *
 * @internal
 */
export class SeededNumbers {
  #counter: number

  /** @param seed - a u32 */
  constructor(seed: number) {
    this.#counter = mix(seed)
  }

  /** A number from 0 to `limit - 1`; `limit` is at most 2^32. */
  below(limit: number): number {
    this.#counter = (this.#counter + STEP) | 0
    return Math.floor(((mix(this.#counter) >>> 0) / 2 ** 32) * limit)
  }
}
