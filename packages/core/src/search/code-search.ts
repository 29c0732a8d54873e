/**
 * Search by an index: scans the nearest lists and the codes of all rows that are in none, and
 * compares exactly what they cannot rule out, rows without codes, and all rows where ruling out
 * does not pay.
 */

import type { KernelProvider } from '../contract/index.js'
import type { NearestRows } from '../kernels/nearest-heap.js'
import { CodeScan } from './code-scan.js'
import { measureFound, nearestFound } from './exact-distances.js'
import { segmentsOf, startSearch } from './exact-search.js'
import type { CodeQuery } from './search-query.js'
import { takeSteps } from './search-steps.js'
import type { CodeSearchView } from './search-view.js'

/** What float32 may round away in a bound: a few units of 2^-24. */
const ROUNDING = 2 ** -20

/**
 * The k nearest rows, nearest first, ties by row; with the recall that was asked for.
 *
 * @throws whatever `checkpoint` throws
 * @internal
 */
export async function codeSearch(
  kernels: KernelProvider,
  view: CodeSearchView,
  query: CodeQuery,
): Promise<NearestRows> {
  const { distanceMax, checkpoint } = query
  // A row at the very limit may have a bound beyond it, by rounding.
  const reach = distanceMax + ROUNDING * (Math.abs(distanceMax) + 1)
  const run = startSearch(kernels, view, query, reach)
  const scan = new CodeScan(run, view, query)
  if (!scan.scanAtOnce()) {
    const segments = segmentsOf(view, view.codes.listedRows)
    await takeSteps(scan.scan(segments), run.pace.slice, checkpoint)
  }
  if (!scan.keysAreDistances) measureFound(run, view.codes.segmentHandles(view.visibleRows))
  return nearestFound(run)
}
