/** A curved surface of few dimensions in a space of many. */

import type { Random } from '../random.js'
import { type Distribution, type DistributionShape, scaleToUnit } from './distribution.js'

/** Dimensions of the surface. */
const LATENT = 16

/**
 * Waves of a normal vector of 16 dimensions: each value is the cosine of a random combination of
 * them with a random phase, so that inner products tell how near those vectors are, as with random
 * features of a Gaussian kernel (Rahimi, Recht, NIPS 2007).
 *
 * @internal
 */
export class Manifold implements Distribution {
  readonly #random: Random
  readonly #latent: Float64Array = new Float64Array(LATENT)
  readonly #waves: Float64Array
  readonly #phases: Float64Array

  constructor({ valueCount, random }: DistributionShape) {
    this.#random = random
    const scale = 1 / Math.sqrt(LATENT)
    this.#waves = Float64Array.from({ length: valueCount * LATENT }, () => random.normal() * scale)
    this.#phases = Float64Array.from({ length: valueCount }, () => random.unit() * 2 * Math.PI)
  }

  next(values: Float64Array): void {
    const latent = this.#latent
    for (let j = 0; j < LATENT; j++) latent[j] = this.#random.normal()
    for (let i = 0; i < values.length; i++) {
      let angle = this.#phases[i] as number
      for (let j = 0; j < LATENT; j++) {
        angle += (this.#waves[i * LATENT + j] as number) * (latent[j] as number)
      }
      values[i] = Math.cos(angle)
    }
    scaleToUnit(values)
  }
}
