/** How far the centroids of lists are from a query, and what it takes to scan each list. */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { KernelProvider, QueryTerms } from '../../contract/index.js'
import { elementsPerRow } from '../../dtype.js'
import { FIRST_LISTS, nearnessOf } from '../../kernels/list-reach.js'
import { createNearestHeap, offerNearest } from '../../kernels/nearest-heap.js'
import { EXTENT_NUMBERS } from '../list-places.js'
import type { RowLists } from '../row-lists.js'

/**
 * A query and the lists around it, until the next one is measured.
 *
 * @internal
 */
export interface MeasuredQuery {
  /** From `buildTables`. */
  readonly tables: Uint8Array
  readonly terms: QueryTerms
  /** Of what the metric compares. */
  readonly squaredLength: number
  /** Squared, of all centroids; float32 where that holds them. */
  readonly distances: Float64Array
  /** The same by the codes of centroids, but for what all have in common. */
  readonly estimates: Float32Array
  /** The least `reach` with which each list is scanned, where `probes` allows. */
  readonly reaches: Float64Array
}

/**
 * Measures one query after the other.
 *
 * @internal
 */
export class ListDistances {
  readonly #kernels: KernelProvider
  readonly #lists: RowLists
  readonly #tables: Uint8Array
  readonly #distances: Float64Array
  readonly #reaches: Float64Array

  constructor(kernels: KernelProvider, lists: RowLists) {
    const listCount = lists.extents.length / EXTENT_NUMBERS
    this.#kernels = kernels
    this.#lists = lists
    this.#tables = new Uint8Array(2 * lists.space.signs.length)
    this.#distances = new Float64Array(listCount)
    this.#reaches = new Float64Array(listCount)
  }

  /** Measures a query, a packed row. */
  measure(vector: Uint8Array): MeasuredQuery {
    const tables = this.#tables
    const distances = this.#distances
    const squaredLength = this.#measure(vector)
    const terms = this.#kernels.buildTables(this.#lists.space, vector, tables)
    const estimates = this.#estimate(terms)
    const reaches = this.#reachesOf(estimates)
    return { tables, terms, squaredLength, distances, estimates, reaches }
  }

  /**
   * A list must be near by its estimate, so that its distance is taken, and by its distance. Those
   * with the best estimates are near by these, and the nearest list is near by its distance.
   */
  #reachesOf(estimates: Float32Array): Float64Array {
    const distances = this.#distances
    const reaches = this.#reaches
    const first = firstOf(estimates)
    const near = nearnessOf(first.map((list) => distances[list]!))
    const nearByEstimate = nearnessOf(first.map((list) => estimates[list]!))
    for (let list = 0; list < reaches.length; list++) {
      reaches[list] = Math.max(distances[list]! - near, estimates[list]! - nearByEstimate)
    }
    for (const list of first) reaches[list] = distances[list]! - near
    const nearest = first.reduce((a, b) => (distances[b]! < distances[a]! ? b : a), first[0]!)
    reaches[nearest] = Number.NEGATIVE_INFINITY
    return reaches
  }

  #estimate({ scale, bias }: QueryTerms): Float32Array {
    const { space, centroidBlocks } = this.#lists
    const codeDimension = space.signs.length / 2
    const to = centroidBlocks.length / blockLayoutOf(codeDimension).byteLength
    const room = to * BLOCK_ROWS
    const survivors = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
    const scan = { codeDimension, tables: this.#tables, blocks: centroidBlocks, from: 0, to }
    const bound = { scale, bias, weight: 0, threshold: Number.POSITIVE_INFINITY }
    this.#kernels.scanBlocks(scan, bound, survivors)
    const estimates = survivors.bounds.subarray(0, this.#distances.length)
    // What is not a number is infinitely far.
    for (const [list, value] of estimates.entries()) {
      if (Number.isNaN(value)) estimates[list] = Number.POSITIVE_INFINITY
    }
    return estimates
  }

  /** Finds the distances of all centroids; returns the squared length of the query. */
  #measure(query: Uint8Array): number {
    const { space, centroids } = this.#lists
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
      this.#distances,
    )
    // Instruction sets sum in orders of their own: plans must be the same on all of them.
    for (const [list, value] of this.#distances.entries()) {
      const rounded = Math.fround(value)
      if (Number.isFinite(rounded)) this.#distances[list] = rounded
    }
    return u.reduce((sum, number) => sum + number * number, 0)
  }
}

/** The lists with the best estimates. */
function firstOf(estimates: Float32Array): Float64Array {
  const heap = createNearestHeap(FIRST_LISTS)
  for (let list = 0; list < estimates.length; list++) offerNearest(heap, estimates[list]!, list)
  return Float64Array.from(heap.rows.subarray(0, heap.count))
}
