/** Generated vectors: points around random centres on the unit sphere, as embeddings cluster. */

import { type Dtype, elementsPerRow, strideOf } from '@sluice/core'
import { createEncoder } from './encode.js'
import { Random } from './random.js'

/** Centres of the clusters. */
const CLUSTER_COUNT = 1000
/** Length of the noise around a centre of length 1. */
const SPREAD = 0.7

/**
 * A source of rows of one shape.
 *
 * @internal
 */
export interface RowShape {
  readonly dtype: Dtype
  readonly dimension: number
  readonly seed: number
}

/**
 * Makes rows of one distribution: the same seed gives the same sequence of rows.
 *
 * @internal
 */
export class RowGenerator {
  /** Bytes of a row. */
  readonly stride: number
  readonly #encode: (values: Float64Array, target: Uint8Array, offset: number) => void
  readonly #random: Random
  readonly #centres: Float32Array
  readonly #values: Float64Array

  constructor({ dtype, dimension, seed }: RowShape) {
    // A bit is the sign of a value; all other dtypes have a value per array element.
    const valueCount = dtype === 'bit' ? dimension : elementsPerRow(dtype, dimension)
    this.stride = strideOf(dtype, dimension)
    this.#encode = createEncoder(dtype, valueCount)
    this.#random = new Random(seed)
    this.#values = new Float64Array(valueCount)
    this.#centres = new Float32Array(CLUSTER_COUNT * valueCount)
    const scale = 1 / Math.sqrt(valueCount)
    for (let i = 0; i < this.#centres.length; i++) this.#centres[i] = this.#random.normal() * scale
  }

  /** Fills `rows` with packed rows. */
  fill(rows: Uint8Array): void {
    for (let offset = 0; offset + this.stride <= rows.byteLength; offset += this.stride) {
      this.#next()
      this.#encode(this.#values, rows, offset)
    }
  }

  /** The next vector, of length 1. */
  #next(): void {
    const values = this.#values
    const random = this.#random
    const centre = random.below(CLUSTER_COUNT) * values.length
    const noise = SPREAD / Math.sqrt(values.length)
    let squares = 0
    for (let i = 0; i < values.length; i++) {
      const value = (this.#centres[centre + i] ?? 0) + random.normal() * noise
      values[i] = value
      squares += value * value
    }
    const scale = squares === 0 ? 1 : 1 / Math.sqrt(squares)
    for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * scale
  }
}
