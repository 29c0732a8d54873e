/**
 * The nearest rows of queries, and what searches of lists depend on: in which of the lists nearest
 * to the query a row lies, and what its code says of its distance.
 */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { KernelProvider } from '../../contract/index.js'
import { elementsPerRow } from '../../dtype.js'
import type { NearestRows } from '../../kernels/nearest-heap.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import { CodeEstimates } from './code-estimates.js'
import type { RankedRows } from './recall-table.js'
import type { RowPlaces } from './row-places.js'

/** Lists that searches look at beside half as many again as they scan. */
const SPARE_LISTS = 8

/**
 * Looks up what is known of rows.
 *
 * @internal
 */
export class RowRanker {
  readonly #kernels: KernelProvider
  readonly #lists: RowLists
  readonly #estimates: CodeEstimates
  readonly #places: RowPlaces
  readonly #centroidDistances: Float64Array
  readonly #tables: Uint8Array

  constructor(
    kernels: KernelProvider,
    lists: RowLists,
    source: { readonly rows: SegmentedRows; readonly places: RowPlaces },
  ) {
    this.#kernels = kernels
    this.#lists = lists
    this.#estimates = new CodeEstimates(kernels, lists.space, source.rows)
    this.#places = source.places
    this.#centroidDistances = new Float64Array(lists.extents.length / 3)
    this.#tables = new Uint8Array(2 * lists.space.signs.length)
  }

  /** What is known of the nearest rows of a query. */
  rank(query: Uint8Array, nearest: NearestRows): RankedRows {
    const { distances, rows } = nearest
    const ranks = this.#ranksOf(query, rows)
    return { distances, ranks, ...this.#estimates.of(query, rows) }
  }

  /**
   * How many lists must be scanned so that one with the row is among them. That takes two things:
   * the estimate of its centroid is among those looked at, and its distance among the nearest.
   */
  #ranksOf(query: Uint8Array, rows: Uint32Array): Uint32Array {
    const { listsPerRow, centroids } = this.#lists
    const listCount = this.#centroidDistances.length
    const lists = new Uint32Array(rows.length * listsPerRow)
    for (const [i, row] of rows.entries()) lists.set(this.#places.listsOf(row), i * listsPerRow)
    const valuesOf = (values: Float64Array | Float32Array): Float64Array =>
      Float64Array.from(lists, (list) => (list < listCount ? values[list]! : Infinity))
    this.#measure(query, centroids)
    const byDistance = countBelow(this.#centroidDistances, valuesOf(this.#centroidDistances))
    const estimates = this.#estimateCentroids(query)
    const byEstimate = countBelow(estimates, valuesOf(estimates))
    const ranks = new Uint32Array(rows.length).fill(listCount)
    for (let i = 0; i < lists.length; i++) {
      if (lists[i]! >= listCount) continue
      const at = Math.floor(i / listsPerRow)
      const needed = Math.max(byDistance[i]!, probesToSee(byEstimate[i]!))
      ranks[at] = Math.min(ranks[at]!, needed)
    }
    return ranks
  }

  /** Estimates of the distances of all centroids, but for what they have in common. */
  #estimateCentroids(query: Uint8Array): Float32Array {
    const { space, centroidBlocks } = this.#lists
    const codeDimension = space.signs.length / 2
    const { scale, bias } = this.#kernels.buildTables(space, query, this.#tables)
    const to = centroidBlocks.length / blockLayoutOf(codeDimension).byteLength
    const room = to * BLOCK_ROWS
    const survivors = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
    const scan = { codeDimension, tables: this.#tables, blocks: centroidBlocks, from: 0, to }
    const bound = { scale, bias, weight: 0, threshold: Number.POSITIVE_INFINITY }
    this.#kernels.scanBlocks(scan, bound, survivors)
    return survivors.bounds.subarray(0, this.#centroidDistances.length)
  }

  #measure(query: Uint8Array, centroids: Float32Array): void {
    const { space } = this.#lists
    const distances = this.#centroidDistances
    const n = space.mean.length
    const sums = new Float64Array(n)
    this.#kernels.accumulateMeans({
      space,
      rows: query,
      lists: new Uint32Array(1),
      sums,
      counts: new Uint32Array(1),
    })
    const isComplex = space.dtype !== 'bit' && elementsPerRow(space.dtype, 1) === 2
    this.#kernels.distancesRange(
      {
        metric: 'l2',
        dtype: isComplex ? 'complex64' : 'float32',
        dimension: isComplex ? n / 2 : n,
        query: new Uint8Array(Float32Array.from(sums).buffer),
        rows: new Uint8Array(centroids.buffer, centroids.byteOffset, centroids.byteLength),
      },
      0,
      distances,
    )
  }
}

/** The least probes with which a list is looked at whose estimate has this rank (`ListSearch`). */
function probesToSee(rank: number): number {
  return Math.max(1, Math.ceil((2 / 3) * (rank - SPARE_LISTS)))
}

/** For each value, one more than how many of the others are below it. */
function countBelow(others: Float64Array | Float32Array, values: Float64Array): Uint32Array {
  const steps = Float64Array.from(new Set(values)).sort()
  const counts = new Uint32Array(steps.length + 1)
  const last = steps.at(-1) ?? Number.NEGATIVE_INFINITY
  for (let i = 0; i < others.length; i++) {
    if (others[i]! < last) counts[firstAbove(steps, others[i]!)]! += 1
  }
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!
  return Uint32Array.from(values, (value) => 1 + counts[firstAbove(steps, value) - 1]!)
}

/** The place of the first step above a value. */
function firstAbove(steps: Float64Array, value: number): number {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (steps[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}
