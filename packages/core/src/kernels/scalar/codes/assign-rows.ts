/**
 * Rows to the nearest of many centroids (docs/codes.md, "Nearest centroids"): estimates from codes
 * pick candidates, exact distances decide between them. A second list, where wanted, is the one
 * that a query is likely to visit when it misses the first (SOAR).
 */

import { NO_ROW } from '../../../code-layout.js'
import type { AssignTask } from '../../../contract/code-kernels.js'
import { BlockColumns } from './block-columns.js'
import { Centring } from './centring.js'
import { type CodeShape, codeShapeOf } from './code-shape.js'
import { NearBlocks } from './near-blocks.js'
import { NearestEstimates } from './nearest-estimates.js'
import { rotateToLength, TableBuilder } from './query-tables.js'
import { sumDifferenceProducts, sumSquaredDifferences, sumSquares } from './sum64.js'

/**
 * Assigns the rows of a checked task.
 *
 * @internal
 */
export function assignRows(task: AssignTask): void {
  const { space, rows, lists, listsPerRow } = task
  const shape = codeShapeOf(space)
  const rowCount = rows.byteLength / shape.stride
  const centring = new Centring(space, rows)
  const nearest = new NearestCentroids(task, shape, centring)
  for (let row = 0; row < rowCount; row++) {
    centring.centre(row)
    nearest.find()
    lists[row * listsPerRow] = nearest.first()
    if (listsPerRow === 2) lists[row * 2 + 1] = nearest.second()
  }
}

/** The centroids near the row that was centred last. */
class NearestCentroids {
  readonly #task: AssignTask
  readonly #shape: CodeShape
  readonly #centring: Centring
  readonly #builder: TableBuilder
  readonly #tables: Uint8Array
  /** Where centroids are in groups. */
  readonly #nearBlocks: NearBlocks | undefined
  readonly #candidates: NearestEstimates
  /** Exact distances of the candidates. */
  readonly #distances: Float32Array
  /** The row less the nearest centroid, `n` numbers. */
  readonly #residual: Float32Array
  /** Place of the nearest among the candidates. */
  #winner = 0

  constructor(task: AssignTask, shape: CodeShape, centring: Centring) {
    const { elements, codeDimension } = shape
    this.#task = task
    this.#shape = shape
    this.#centring = centring
    this.#builder = new TableBuilder(codeDimension)
    this.#tables = new Uint8Array(4 * codeDimension)
    const columns = new BlockColumns(task.blocks, codeDimension)
    this.#nearBlocks = task.groups && new NearBlocks(task.groups, codeDimension)
    const centroidCount = task.centroids.length / elements
    this.#candidates = new NearestEstimates(columns, centroidCount, task.candidatesMax)
    this.#distances = new Float32Array(task.candidatesMax)
    this.#residual = new Float32Array(elements)
  }

  /** Finds the candidates and their distances. */
  find(): void {
    const { elements, runLength } = this.#shape
    const { u, r } = this.#centring
    const { space, centroids, margin, listsPerRow } = this.#task
    const squared = sumSquares(r, elements)
    rotateToLength(r, space.signs, runLength)
    this.#builder.build(r, this.#tables)
    const wanted = this.#nearBlocks?.find(this.#tables, this.#builder)
    this.#candidates.find(this.#tables, this.#builder, wanted)
    if (listsPerRow === 1) this.#dropFar(squared, margin)
    const { count, centroids: numbers } = this.#candidates
    for (let i = 0; i < count; i++) {
      const distance = sumSquaredDifferences(u, centroids, numbers[i]! * elements, elements)
      this.#distances[i] = orInfinity(distance)
    }
  }

  /** The nearest centroid. */
  first(): number {
    const { count, centroids } = this.#candidates
    let winner = 0
    for (let i = 1; i < count; i++) {
      const distance = this.#distances[i]!
      const best = this.#distances[winner]!
      const lower = centroids[i]! < centroids[winner]!
      if (distance < best || (distance === best && lower)) winner = i
    }
    this.#winner = winner
    return centroids[winner]!
  }

  /** The centroid that complements {@link first} best. */
  second(): number {
    const { count, centroids } = this.#candidates
    this.#subtractWinner()
    let list: number = NO_ROW
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < count; i++) {
      if (i === this.#winner) continue
      const score = this.#score(i)
      // NO_ROW is above every number, so a first candidate at Infinity is taken, too.
      if (score < best || (score === best && centroids[i]! < list)) {
        best = score
        list = centroids[i]!
      }
    }
    return list
  }

  /** Of estimates in order the far ones are the last. */
  #dropFar(squared: number, margin: number): void {
    const { estimates } = this.#candidates
    const slack = Math.fround(2 * Math.fround(margin))
    const limit = Math.fround(estimates[0]! + Math.fround(slack * squared))
    while (estimates[this.#candidates.count - 1]! > limit) this.#candidates.count--
  }

  #subtractWinner(): void {
    const { u } = this.#centring
    const { centroids } = this.#task
    const residual = this.#residual
    const base = this.#candidates.centroids[this.#winner]! * residual.length
    for (let i = 0; i < residual.length; i++) residual[i] = u[i]! - centroids[base + i]!
  }

  #score(candidate: number): number {
    const distance = this.#distances[candidate]!
    const nearest = this.#distances[this.#winner]!
    if (nearest === 0) return distance
    const base = this.#candidates.centroids[candidate]! * this.#residual.length
    const { centroids } = this.#task
    const p = sumDifferenceProducts(this.#residual, this.#centring.u, centroids, base)
    const share = Math.fround(Math.fround(p * p) / nearest)
    return orInfinity(Math.fround(distance + Math.fround(2 * share)))
  }
}

function orInfinity(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
}
