/** Answers on their way between threads: a few arrays, whatever the number of queries. */

import type { NearestRows } from '../../kernels/nearest-heap.js'
import type { FoundRows } from './thread-messages.js'

/**
 * Answers as they are sent.
 *
 * @param from - the first query
 * @internal
 */
export function packFound(from: number, found: readonly NearestRows[]): FoundRows {
  const counts = Uint32Array.from(found, ({ rows }) => rows.length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const rows = new Uint32Array(total)
  const distances = new Float64Array(total)
  let at = 0
  for (const nearest of found) {
    rows.set(nearest.rows, at)
    distances.set(nearest.distances, at)
    at += nearest.rows.length
  }
  return { from, counts, rows, distances }
}

/**
 * Answers as they were before they were sent.
 *
 * @internal
 */
export function unpackFound({ counts, rows, distances }: FoundRows): NearestRows[] {
  let at = 0
  return Array.from(counts, (count) => {
    const from = at
    at += count
    return { rows: rows.subarray(from, at), distances: distances.subarray(from, at) }
  })
}
