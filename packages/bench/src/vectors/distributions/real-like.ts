/**
 * More rows like given ones: mixtures of near rows, as SMOTE makes them (Chawla et al., JAIR 2002),
 * with noise of the covariance of all rows. The noise is such that ten times as many rows come as
 * near to each other as ten times as many texts do (docs/benchmarks.md).
 */

import type { Random } from '../random.js'
import { type Distribution, scaleToUnit } from './distribution.js'
import { type FloatRows, findNeighbourhoods, type Neighbourhoods } from './neighbourhoods.js'

/** Rows of a neighbourhood, at most. */
const GROUP_MAX = 32
/** Rows of the neighbourhood that are added, with weights from 0 to 1. */
const MATES = 2
/** Differences of two rows that the noise is the sum of. */
const PAIRS = 4
/** Of the covariance of all rows, in the noise. A difference has twice the covariance of a row. */
const NOISE_SHARE = 0.5
const PAIR_WEIGHT = Math.sqrt(NOISE_SHARE / (2 * PAIRS))

/**
 * A random row, plus two of its neighbourhood with random weights, plus differences of rows.
 *
 * @internal
 */
export class RealLike implements Distribution {
  readonly #rows: FloatRows
  readonly #random: Random
  readonly #groups: Neighbourhoods

  /** @param rows - at least one */
  constructor(rows: FloatRows, random: Random) {
    this.#rows = rows
    this.#random = random
    this.#groups = findNeighbourhoods(rows, GROUP_MAX, random)
  }

  next(values: Float64Array): void {
    const { order, starts, ends } = this.#groups
    const position = this.#random.below(order.length)
    const [from, to] = [starts[position] as number, ends[position] as number]
    values.fill(0)
    this.#add(values, order[position] as number, 1)
    for (let mate = 0; mate < MATES; mate++) {
      this.#add(values, this.#rowOf(from, to), this.#random.unit())
    }
    for (let pair = 0; pair < PAIRS; pair++) {
      this.#add(values, this.#rowOf(0, order.length), PAIR_WEIGHT)
      this.#add(values, this.#rowOf(0, order.length), -PAIR_WEIGHT)
    }
    scaleToUnit(values)
  }

  /** A random row of a range of the order. */
  #rowOf(from: number, to: number): number {
    return this.#groups.order[from + this.#random.below(to - from)] as number
  }

  #add(values: Float64Array, row: number, weight: number): void {
    const { values: rows } = this.#rows
    const at = row * values.length
    for (let i = 0; i < values.length; i++) {
      values[i] = (values[i] as number) + weight * (rows[at + i] as number)
    }
  }
}
