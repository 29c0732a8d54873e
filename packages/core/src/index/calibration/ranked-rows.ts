/**
 * The nearest rows of queries, and what searches of lists depend on: in which of the lists nearest
 * to the query a row lies, and what its codes there say of its distance.
 */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { KernelProvider } from '../../contract/index.js'
import { elementsPerRow } from '../../dtype.js'
import type { NearestRows } from '../../kernels/nearest-heap.js'
import { EXTENT_NUMBERS } from '../list-places.js'
import type { RowLists } from '../row-lists.js'
import { type EstimatedQuery, ListEstimates } from './list-estimates.js'
import type { RankedRows } from './recall-table.js'
import type { RowPlace, RowPlaces } from './row-places.js'

/** Lists that searches look at beside a quarter more than they scan. */
const SPARE_LISTS = 8

/**
 * Looks up what is known of rows.
 *
 * @internal
 */
export class RowRanker {
  readonly #kernels: KernelProvider
  readonly #lists: RowLists
  readonly #estimates: ListEstimates
  readonly #places: RowPlaces
  readonly #centroidDistances: Float64Array
  readonly #tables: Uint8Array

  /** @param places - of all rows that will be asked for */
  constructor(kernels: KernelProvider, lists: RowLists, places: RowPlaces) {
    this.#kernels = kernels
    this.#lists = lists
    this.#estimates = new ListEstimates(kernels, lists)
    this.#places = places
    this.#centroidDistances = new Float64Array(lists.extents.length / EXTENT_NUMBERS)
    this.#tables = new Uint8Array(2 * lists.space.signs.length)
  }

  /** What is known of the nearest rows of a query. */
  rank(vector: Uint8Array, { distances, rows }: NearestRows): RankedRows {
    const squaredLength = this.#measure(vector)
    const centroidDistances = this.#centroidDistances
    const tables = this.#tables
    const terms = this.#kernels.buildTables(this.#lists.space, vector, tables)
    const query = { tables, terms, squaredLength, centroidDistances }
    const places = Array.from(rows, (row) => this.#places.of(row))
    const entries = places.flat()
    const found = entries.map((place) => this.#estimates.of(query, place))
    return {
      distances,
      codes: {
        rows: Uint32Array.from(places.flatMap((of, row) => of.map(() => row))),
        ranks: this.#ranksOf(query, entries),
        estimates: Float64Array.from(found, ({ estimate }) => estimate),
        errors: Float64Array.from(found, ({ error }) => error),
      },
    }
  }

  /**
   * How many lists must be scanned so that the one of an entry is among them. That takes two
   * things: the estimate of its centroid is among those looked at, and its distance among the
   * nearest.
   */
  #ranksOf(query: EstimatedQuery, places: readonly RowPlace[]): Uint32Array {
    const distances = query.centroidDistances
    const ofPlaces = (values: Float64Array | Float32Array): Float64Array =>
      Float64Array.from(places, ({ list }) => values[list]!)
    const byDistance = countBelow(distances, ofPlaces(distances))
    const estimates = this.#estimateCentroids(query)
    const byEstimate = countBelow(estimates, ofPlaces(estimates))
    return byDistance.map((rank, i) => Math.max(rank, probesToSee(byEstimate[i]!)))
  }

  /** Estimates of the distances of all centroids, but for what they have in common. */
  #estimateCentroids({ tables, terms }: EstimatedQuery): Float32Array {
    const { space, centroidBlocks } = this.#lists
    const codeDimension = space.signs.length / 2
    const to = centroidBlocks.length / blockLayoutOf(codeDimension).byteLength
    const room = to * BLOCK_ROWS
    const survivors = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
    const scan = { codeDimension, tables, blocks: centroidBlocks, from: 0, to }
    const { scale, bias } = terms
    const bound = { scale, bias, weight: 0, threshold: Number.POSITIVE_INFINITY }
    this.#kernels.scanBlocks(scan, bound, survivors)
    return survivors.bounds.subarray(0, this.#centroidDistances.length)
  }

  /** Finds the distances of all centroids; returns the squared length of the query. */
  #measure(query: Uint8Array): number {
    const { space, centroids } = this.#lists
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
    const u = Float32Array.from(sums)
    const isComplex = space.dtype !== 'bit' && elementsPerRow(space.dtype, 1) === 2
    this.#kernels.distancesRange(
      {
        metric: 'l2',
        dtype: isComplex ? 'complex64' : 'float32',
        dimension: isComplex ? n / 2 : n,
        query: new Uint8Array(u.buffer),
        rows: new Uint8Array(centroids.buffer, centroids.byteOffset, centroids.byteLength),
      },
      0,
      distances,
    )
    return u.reduce((sum, number) => sum + number * number, 0)
  }
}

/** The least probes with which a list is looked at whose estimate has this rank (`ListSearch`). */
function probesToSee(rank: number): number {
  return Math.max(1, Math.ceil((4 * (rank - SPARE_LISTS)) / 5))
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
