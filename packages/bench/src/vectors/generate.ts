/** Rows of a dtype, made from a distribution and a seed. */

import { type Dtype, elementsPerRow, strideOf } from '@sluice/core'
import { Clusters } from './distributions/clusters.js'
import type { Distribution, DistributionShape } from './distributions/distribution.js'
import { createEncoder, type RowEncoder } from './encode.js'
import { Random } from './random.js'

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
 * Makes a distribution.
 *
 * @internal
 */
export type DistributionFactory = (shape: DistributionShape) => Distribution

/**
 * A piece of a stream of rows.
 *
 * @internal
 */
export interface StreamPiece {
  /** Its first row. */
  readonly from: number
  /** Rows of the whole stream. */
  readonly rowCount: number
}

/**
 * Makes rows of one distribution: the same seed gives the same sequence of rows.
 *
 * @internal
 */
export class RowGenerator {
  /** Bytes of a row. */
  readonly stride: number
  readonly #encode: RowEncoder
  readonly #distribution: Distribution
  readonly #values: Float64Array

  constructor(shape: RowShape, create: DistributionFactory = inClusters) {
    const { dtype, dimension, seed } = shape
    const valueCount = valueCountOf(dtype, dimension)
    this.stride = strideOf(dtype, dimension)
    this.#encode = createEncoder(dtype, valueCount)
    this.#distribution = create({ valueCount, random: new Random(seed) })
    this.#values = new Float64Array(valueCount)
  }

  /**
   * Fills `rows` with packed rows.
   *
   * @param rows - as many bytes as whole rows
   * @param piece - where in the stream they are; left out, they are all of it
   */
  fill(rows: Uint8Array, piece?: StreamPiece): void {
    const { from, rowCount } = piece ?? { from: 0, rowCount: rows.byteLength / this.stride }
    for (let offset = 0; offset + this.stride <= rows.byteLength; offset += this.stride) {
      this.#distribution.next(this.#values, (from + offset / this.stride) / rowCount)
      this.#encode(this.#values, rows, offset)
    }
  }
}

/**
 * Values of a vector: one for each bit, and one for each array element of all other dtypes.
 *
 * @internal
 */
export function valueCountOf(dtype: Dtype, dimension: number): number {
  return dtype === 'bit' ? dimension : elementsPerRow(dtype, dimension)
}

function inClusters(shape: DistributionShape): Distribution {
  return new Clusters(shape, 'random')
}
