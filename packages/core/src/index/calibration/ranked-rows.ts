/**
 * The nearest rows of queries, and what searches of lists depend on: in which of the lists nearest
 * to the query a row lies, and what its code says of its distance.
 */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { CodeSpace, KernelProvider } from '../../contract/index.js'
import { elementsPerRow, strideOf } from '../../dtype.js'
import type { NearestRows } from '../../kernels/nearest-heap.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import type { RankedRows } from './recall-table.js'
import type { RowPlaces } from './row-places.js'

/**
 * Looks up what is known of rows.
 *
 * @internal
 */
export class RowRanker {
  readonly #kernels: KernelProvider
  readonly #lists: RowLists
  readonly #rows: SegmentedRows
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
    this.#rows = source.rows
    this.#places = source.places
    this.#centroidDistances = new Float64Array(lists.extents.length / 3)
    this.#tables = new Uint8Array(2 * lists.space.signs.length)
  }

  /** What is known of the nearest rows of a query. */
  rank(query: Uint8Array, nearest: NearestRows): RankedRows {
    const { distances, rows } = nearest
    const ranks = this.#ranksOf(query, rows)
    return { distances, ranks, ...this.#estimate(query, rows) }
  }

  #ranksOf(query: Uint8Array, rows: Uint32Array): Uint32Array {
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
    const nearest = Float64Array.from(rows, (row) => this.#places.least(row, distances))
    return countBelow(distances, nearest)
  }

  #estimate(
    query: Uint8Array,
    rows: Uint32Array,
  ): { readonly estimates: Float64Array; readonly errors: Float64Array } {
    const { space } = this.#lists
    const codeDimension = space.signs.length / 2
    const { byteLength } = blockLayoutOf(codeDimension)
    const blocks = new Uint8Array(Math.ceil(rows.length / BLOCK_ROWS) * byteLength)
    const kernels = this.#kernels
    kernels.encode({ space, rows: gather(space, this.#rows, rows), rowBase: 0, blocks })
    const terms = kernels.buildTables(space, query, this.#tables)
    const to = blocks.length / byteLength
    const scan = { codeDimension, tables: this.#tables, blocks, from: 0, to }
    const room = to * BLOCK_ROWS
    const boundsFor = (weight: number): Float64Array => {
      const survivors = { rows: new Uint32Array(room), bounds: new Float32Array(room), count: 0 }
      const { scale, bias } = terms
      const bound = { scale, bias, weight, threshold: Number.POSITIVE_INFINITY }
      kernels.scanBlocks(scan, bound, survivors)
      return Float64Array.from(survivors.bounds.subarray(0, rows.length), (x) => x + terms.constant)
    }
    const estimates = boundsFor(0)
    const errors = boundsFor(terms.norm).map((bound, i) => estimates[i]! - bound)
    return { estimates, errors }
  }
}

/** Rows one after the other. */
function gather(space: CodeSpace, source: SegmentedRows, rows: Uint32Array): Uint8Array {
  const { segments, rowsPerSegment } = source
  const stride = strideOf(space.dtype, space.dimension)
  const packed = new Uint8Array(rows.length * stride)
  for (const [i, row] of rows.entries()) {
    const at = (row % rowsPerSegment) * stride
    const segment = segments[Math.floor(row / rowsPerSegment)]!
    packed.set(segment.subarray(at, at + stride), i * stride)
  }
  return packed
}

/** For each value, one more than how many of the others are below it. */
function countBelow(others: Float64Array, values: Float64Array): Uint32Array {
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
