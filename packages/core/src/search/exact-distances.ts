/** The distances of rows that a search has found by their codes. */

import { drainSorted, type NearestRows, offerNearest } from '../kernels/nearest-heap.js'
import type { SearchRun } from './scan-rows.js'

/** Rows that are fetched together: for so few, segments would cost more calls than rows. */
const GATHERED_MAX = 64

/** Where they are put together: for one call at a time, of one thread. */
let gathered = new Uint8Array(0)

/**
 * Puts the distances of the rows in the heap of a search in the place of keys: it is in no order
 * then.
 *
 * @param segments - regions of the segments, as a `RowTable` has them
 * @internal
 */
export function measureFound(run: SearchRun, segments: Uint32Array): void {
  if (run.heap.count <= GATHERED_MAX) measureTogether(run, segments)
  else measureBySegment(run)
}

/**
 * The rows in the heap of a search, which has their distances, in whatever order: nearest first,
 * ties by row, without those that are too far away. Empties the heap, and uses its arrays.
 *
 * @internal
 */
export function nearestFound({ query, heap }: SearchRun): NearestRows {
  const { rows, distances, count } = heap
  heap.count = 0
  // The heap fills up behind what is read.
  for (let i = 0; i < count; i++) {
    if (distances[i]! <= query.distanceMax) offerNearest(heap, distances[i]!, rows[i]!)
  }
  return drainSorted(heap)
}

function measureTogether({ kernels, view, query, heap }: SearchRun, segments: Uint32Array): void {
  const { store, metric, dtype, dimension } = view
  const { rowsPerSegment, stride } = store
  const { rows, distances } = heap.count === heap.k ? heap : firstOf(heap)
  if (gathered.length < heap.count * stride) gathered = new Uint8Array(heap.count * stride)
  const target = gathered.subarray(0, heap.count * stride)
  kernels.gatherRows({ segments, rowsPerSegment, rows, stride, target })
  const task = { metric, dtype, dimension, query: query.vector, rows: target }
  kernels.distancesRange(task, 0, distances)
}

/** The entries of a heap that is not full. */
function firstOf({ rows, distances, count }: SearchRun['heap']): NearestRows {
  return { rows: rows.subarray(0, count), distances: distances.subarray(0, count) }
}

function measureBySegment({ kernels, view, query, heap }: SearchRun): void {
  const { store, metric, dtype, dimension } = view
  const { rowsPerSegment } = store
  const { rows, distances, count } = heap
  rows.subarray(0, count).sort()
  for (let from = 0, to = 0; from < count; from = to) {
    const segment = Math.floor(rows[from]! / rowsPerSegment)
    const rowBase = segment * rowsPerSegment
    while (to < count && rows[to]! < rowBase + rowsPerSegment) to += 1
    const places = rows.subarray(from, to).map((row) => row - rowBase)
    const task = {
      metric,
      dtype,
      dimension,
      query: query.vector,
      rows: store.segment(segment).bytes,
    }
    kernels.distances(task, places, distances.subarray(from, to))
  }
}
