/** Clusters that run into each other: nothing is near one centre alone. */

import {
  type Distribution,
  type DistributionShape,
  randomDirections,
  scaleToUnit,
} from './distribution.js'

const CENTRE_COUNT = 512
/** Centres that a vector is a mixture of. */
const PARTS = 3
/** Length of the noise beside parts of length 1. */
const SPREAD = 0.6

/**
 * Three of 512 centres with random weights, and noise in all directions.
 *
 * @internal
 */
export class Mixtures implements Distribution {
  readonly #shape: DistributionShape
  readonly #centres: Float32Array

  constructor(shape: DistributionShape) {
    this.#shape = shape
    this.#centres = randomDirections(shape, CENTRE_COUNT)
  }

  next(values: Float64Array): void {
    const { random } = this.#shape
    const noise = SPREAD / Math.sqrt(values.length)
    for (let i = 0; i < values.length; i++) values[i] = random.normal() * noise
    for (let part = 0; part < PARTS; part++) {
      const centre = random.below(CENTRE_COUNT) * values.length
      const weight = random.unit()
      for (let i = 0; i < values.length; i++) {
        values[i] = (values[i] as number) + weight * (this.#centres[centre + i] as number)
      }
    }
    scaleToUnit(values)
  }
}
