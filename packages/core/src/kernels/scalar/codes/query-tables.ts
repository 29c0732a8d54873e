/**
 * Tables and terms of a query (docs/codes.md, "A query"): what the sums of signed numbers of the
 * query are, four dimensions at a time, in 16 small integers each.
 */

import type { CodeSpace, QueryTerms } from '../../../contract/code-kernels.js'
import { Centring } from './centring.js'
import { codeShapeOf } from './code-shape.js'
import { rotate } from './rotate.js'
import { sumMagnitudes, sumProducts, sumSquares } from './sum64.js'

const LEVELS_MAX = 63
const RANGE_MIN = 2 ** -100
const RANGE_MAX = 2 ** 120

/** Adding and subtracting it in float32 rounds a number below 2^22 to an integer, ties to even. */
const ROUNDER = 2 ** 23

/**
 * Tables of one vector after the other, without an allocation for each.
 *
 * @internal
 */
export class TableBuilder {
  /** A code sum times this, plus {@link bias}, is the sum that it stands for. */
  scale = 0
  bias = 0
  /** Whether the vector was one that tables can be made of. */
  good = true
  /** `w_g`. */
  readonly #widths: Float32Array

  constructor(codeDimension: number) {
    this.#widths = new Float32Array(codeDimension / 4)
  }

  /**
   * Fills tables and terms.
   *
   * @param q - the rotated vector at its own length, `D` numbers
   * @param tables - `4 D` bytes
   */
  build(q: Float32Array, tables: Uint8Array): void {
    const range = Math.fround(2 * this.#measure(q))
    const magnitude = sumMagnitudes(q)
    const inside = range >= RANGE_MIN && range <= RANGE_MAX && !Number.isNaN(magnitude)
    this.good = inside || (range === 0 && magnitude === 0)
    this.scale = 0
    this.bias = 0
    if (!inside) {
      tables.fill(0)
      return
    }
    const levels = Math.min(LEVELS_MAX, Math.floor(65535 / this.#widths.length))
    this.scale = Math.fround(range / levels)
    this.bias = -magnitude
    this.#fill(q, tables, levels, Math.fround(levels / range))
  }

  /** The widest table; NaN is passed over, because the sum of magnitudes shows it. */
  #measure(q: Float32Array): number {
    const widths = this.#widths
    let widest = 0
    for (let g = 0; g < widths.length; g++) {
      const low = Math.fround(Math.abs(q[4 * g]!) + Math.abs(q[4 * g + 1]!))
      const high = Math.fround(Math.abs(q[4 * g + 2]!) + Math.abs(q[4 * g + 3]!))
      widths[g] = low + high
      if (widths[g]! > widest) widest = widths[g]!
    }
    return widest
  }

  #fill(q: Float32Array, tables: Uint8Array, levels: number, factor: number): void {
    for (let g = 0; g < this.#widths.length; g++) {
      const width = this.#widths[g]!
      const lowSum = Math.fround(q[4 * g]! + q[4 * g + 1]!)
      const lowDifference = Math.fround(q[4 * g]! - q[4 * g + 1]!)
      const highSum = Math.fround(q[4 * g + 2]! + q[4 * g + 3]!)
      const highDifference = Math.fround(q[4 * g + 2]! - q[4 * g + 3]!)
      for (let j = 0; j < 16; j++) {
        const low = signed(j & 3, lowSum, lowDifference)
        const high = signed(j >> 2, highSum, highDifference)
        const above = Math.fround(Math.fround(low + high) + width)
        const level = Math.fround(Math.fround(above * factor) + ROUNDER) - ROUNDER
        tables[16 * g + j] = Math.max(0, Math.min(levels, level))
      }
    }
  }
}

/** `(±p) + (±q)`, plus where bit 0 or 1 is set. Negation does not change how a sum is rounded. */
function signed(bits: number, sum: number, difference: number): number {
  if (bits === 0) return -sum
  if (bits === 3) return sum
  return bits === 1 ? difference : -difference
}

/**
 * Tables and terms of a checked query.
 *
 * @internal
 */
export function buildQueryTables(
  space: CodeSpace,
  query: Uint8Array,
  tables: Uint8Array,
): QueryTerms {
  const { codeDimension, runLength } = codeShapeOf(space)
  const { metric, mean, signs } = space
  const centring = new Centring(space, query)
  const { r } = centring
  centring.centre(0)
  const squared = sumSquares(r, mean.length)
  const constant = constantOf(metric, squared, sumProducts(r, mean))
  rotateToLength(r, signs, runLength)
  const builder = new TableBuilder(codeDimension)
  builder.build(r, tables)
  const { scale, bias, good } = builder
  const norm = good ? Math.fround(Math.sqrt(squared)) : Number.POSITIVE_INFINITY
  return { scale, bias, norm, constant }
}

/**
 * Rotates a vector in place, at its own length.
 *
 * @internal
 */
export function rotateToLength(y: Float32Array, signs: Float32Array, runLength: number): void {
  rotate(y, signs, runLength)
  for (let i = 0; i < y.length; i++) y[i] = y[i]! / runLength
}

/** What every estimate has in common: `squared` is R, `inner` is the sum of `c r`. */
function constantOf(metric: CodeSpace['metric'], squared: number, inner: number): number {
  if (metric === 'cosine') return Math.fround(1 - inner)
  return metric === 'dot' ? 0 - inner : squared
}
