/** No structure at all: the worst that an index can be given. */

import type { Random } from '../random.js'
import { type Distribution, type DistributionShape, scaleToUnit } from './distribution.js'

/**
 * Independent values from -1 to 1, scaled to length 1.
 *
 * @internal
 */
export class Uniform implements Distribution {
  readonly #random: Random

  constructor({ random }: DistributionShape) {
    this.#random = random
  }

  next(values: Float64Array): void {
    for (let i = 0; i < values.length; i++) values[i] = 2 * this.#random.unit() - 1
    scaleToUnit(values)
  }
}
