/** The distances of rows that a search has found by their codes. */

import {
  createNearestHeap,
  drainSorted,
  type NearestRows,
  offerNearest,
} from '../kernels/nearest-heap.js'
import type { SearchRun } from './scan-rows.js'

/**
 * Rows with their distances, nearest first, ties by row.
 *
 * @param rows - in any order, which changes
 * @param distanceMax - rows with a larger distance are left out
 * @internal
 */
export function exactDistances(
  { kernels, view, query }: SearchRun,
  rows: Uint32Array,
  distanceMax: number,
): NearestRows {
  const heap = createNearestHeap(Math.max(1, rows.length), distanceMax)
  const { store, metric, dtype, dimension } = view
  const { rowsPerSegment } = store
  const rowIds = new Uint32Array(rows.length)
  const distances = new Float64Array(rows.length)
  rows.sort()
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const segment = Math.floor(rows[from]! / rowsPerSegment)
    const rowBase = segment * rowsPerSegment
    for (; to < rows.length && rows[to]! < rowBase + rowsPerSegment; to++) {
      rowIds[to] = rows[to]! - rowBase
    }
    const { bytes } = store.segment(segment)
    const task = { metric, dtype, dimension, query: query.vector, rows: bytes }
    kernels.distances(task, rowIds.subarray(from, to), distances.subarray(from, to))
  }
  for (let i = 0; i < rows.length; i++) offerNearest(heap, distances[i]!, rows[i]!)
  return drainSorted(heap)
}
