/** What embedding models do to space: a few directions carry most, and all vectors share one. */

import type { Random } from '../random.js'
import {
  type Distribution,
  type DistributionShape,
  randomDirections,
  scaleToUnit,
} from './distribution.js'

/** Squared length of the shared part, of 1: the mean cosine of two vectors. */
const SHARED = 0.7

/**
 * Normal values whose variances fall as 1, 1/2, 1/3, …, in a random order of the dimensions, and
 * an offset that is common to all vectors.
 *
 * @internal
 */
export class Anisotropic implements Distribution {
  readonly #random: Random
  readonly #offset: Float64Array
  readonly #deviations: Float64Array

  constructor(shape: DistributionShape) {
    const { valueCount, random } = shape
    this.#random = random
    this.#offset = Float64Array.from(randomDirections(shape, 1))
    scaleToUnit(this.#offset)
    const variances = Float64Array.from({ length: valueCount }, (_, i) => 1 / (i + 1))
    shuffle(variances, random)
    const sum = variances.reduce((total, variance) => total + variance, 0)
    this.#deviations = variances.map((variance) => Math.sqrt(((1 - SHARED) * variance) / sum))
  }

  next(values: Float64Array): void {
    const shared = Math.sqrt(SHARED)
    for (let i = 0; i < values.length; i++) {
      const own = this.#random.normal() * (this.#deviations[i] as number)
      values[i] = shared * (this.#offset[i] as number) + own
    }
    scaleToUnit(values)
  }
}

function shuffle(values: Float64Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const other = random.below(i + 1)
    const value = values[i] as number
    values[i] = values[other] as number
    values[other] = value
  }
}
