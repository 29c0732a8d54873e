/** Points around random centres on the unit sphere, as embeddings cluster. */

import {
  type Distribution,
  type DistributionShape,
  randomDirections,
  scaleToUnit,
} from './distribution.js'

const CLUSTER_COUNT = 1000
/** Length of the noise around a centre of length 1. */
const SPREAD = 0.7

/**
 * 1,000 clusters apart from each other, in random order; or each whole, one after the other.
 *
 * @internal
 */
export class Clusters implements Distribution {
  readonly #shape: DistributionShape
  readonly #sorted: boolean
  readonly #centres: Float32Array

  constructor(shape: DistributionShape, order: 'random' | 'sorted') {
    this.#shape = shape
    this.#sorted = order === 'sorted'
    this.#centres = randomDirections(shape, CLUSTER_COUNT)
  }

  next(values: Float64Array, place: number): void {
    const { random } = this.#shape
    const cluster = this.#sorted ? Math.floor(place * CLUSTER_COUNT) : random.below(CLUSTER_COUNT)
    const centre = cluster * values.length
    const noise = SPREAD / Math.sqrt(values.length)
    for (let i = 0; i < values.length; i++) {
      values[i] = (this.#centres[centre + i] as number) + random.normal() * noise
    }
    scaleToUnit(values)
  }
}
