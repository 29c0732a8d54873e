/** The distances of rows that a search has found by their codes. */

import { drainSorted, type NearestRows, offerNearest } from '../kernels/nearest-heap.js'
import type { SearchRun } from './scan-rows.js'

/**
 * The rows in the heap of a search with their distances in place of keys, nearest first, ties by
 * row; without those that are too far away. Empties the heap, and uses its arrays.
 *
 * @internal
 */
export function exactDistances({ kernels, view, query, heap }: SearchRun): NearestRows {
  const { store, metric, dtype, dimension } = view
  const { rowsPerSegment } = store
  const { rows, distances, count } = heap
  rows.subarray(0, count).sort()
  heap.count = 0
  for (let from = 0, to = 0; from < count; from = to) {
    const segment = Math.floor(rows[from]! / rowsPerSegment)
    const rowBase = segment * rowsPerSegment
    for (; to < count && rows[to]! < rowBase + rowsPerSegment; to++) rows[to]! -= rowBase
    const { bytes } = store.segment(segment)
    const task = { metric, dtype, dimension, query: query.vector, rows: bytes }
    kernels.distances(task, rows.subarray(from, to), distances.subarray(from, to))
    // The heap fills up behind what is read.
    for (let i = from; i < to; i++) {
      const distance = distances[i]!
      if (distance <= query.distanceMax) offerNearest(heap, distance, rowBase + rows[i]!)
    }
  }
  return drainSorted(heap)
}
