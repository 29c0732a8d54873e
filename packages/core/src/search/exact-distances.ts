/** The distances of rows that a search has found by their codes. */

import type { NearestRows } from '../kernels/nearest-heap.js'
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
  const { store, metric, dtype, dimension } = view
  const { rowsPerSegment } = store
  const distances = new Float64Array(rows.length)
  rows.sort()
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const segment = Math.floor(rows[from]! / rowsPerSegment)
    const rowBase = segment * rowsPerSegment
    while (to < rows.length && rows[to]! < rowBase + rowsPerSegment) to++
    const task = {
      metric,
      dtype,
      dimension,
      query: query.vector,
      rows: store.segment(segment).bytes,
    }
    const rowIds = rows.subarray(from, to).map((row) => row - rowBase)
    kernels.distances(task, rowIds, distances.subarray(from, to))
  }
  // Places in the order of rows: a stable sort leaves ties in it.
  const order = Uint32Array.from(rows.keys())
  order.sort((a, b) => compare(distances[a]!, distances[b]!))
  const kept = order.filter((place) => distances[place]! <= distanceMax)
  return {
    distances: Float64Array.from(kept, (place) => distances[place]!),
    rows: kept.map((place) => rows[place]!),
  }
}

/** Infinities are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}
