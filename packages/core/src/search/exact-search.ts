/** Exact search: every visible, alive row is compared. */

import type { KernelProvider } from '../contract/index.js'
import { createNearestHeap, drainSorted, type NearestRows } from '../kernels/nearest-heap.js'
import { Pace, type SearchRun, type SegmentScan, scanRows } from './scan-rows.js'
import type { SearchQuery } from './search-query.js'
import { type SearchSteps, takeSteps } from './search-steps.js'
import type { SearchView } from './search-view.js'

/**
 * The k nearest rows, nearest first, ties by row.
 *
 * @throws whatever `checkpoint` throws
 * @internal
 */
export async function exactSearch(
  kernels: KernelProvider,
  view: SearchView,
  query: SearchQuery,
): Promise<NearestRows> {
  const run = startSearch(kernels, view, query)
  await takeSteps(scanAll(run), run.pace.slice, query.checkpoint)
  return drainSorted(run.heap)
}

function* scanAll(run: SearchRun): SearchSteps {
  for (const segment of segmentsOf(run.view)) yield* scanRows(run, segment, 0)
}

/**
 * A search that has found nothing yet.
 *
 * @param reach - the largest ordering distance of a row that enters the heap
 * @internal
 */
export function startSearch(
  kernels: KernelProvider,
  view: SearchView,
  query: SearchQuery,
  reach: number = query.distanceMax,
): SearchRun {
  const heap = createNearestHeap(Math.min(query.k, view.visibleRows || 1), reach)
  return { kernels, view, query, heap, pace: new Pace() }
}

/**
 * The segments that have alive rows: one whose rows are all dead may have been freed.
 *
 * @param fromRow - segments with rows from here on only
 * @internal
 */
export function* segmentsOf(view: SearchView, fromRow = 0): Generator<SegmentScan> {
  const { rowsPerSegment } = view.store
  const segmentCount = Math.ceil(view.visibleRows / rowsPerSegment)
  const first = Math.floor(Math.max(fromRow, view.firstRow) / rowsPerSegment)
  for (let index = first; index < segmentCount; index++) {
    const mask = view.aliveWords(index)
    const rowCount = Math.min(rowsPerSegment, view.visibleRows - index * rowsPerSegment)
    if (mask.some((word) => word !== 0)) yield { index, mask, rowCount }
  }
}
