/** The way in to searches: by the index where there is one and it may be used, or exact. */

import type { KernelProvider } from '../contract/index.js'
import type { NearestRows } from '../kernels/nearest-heap.js'
import { codeSearch } from './code-search.js'
import { exactSearch } from './exact-search.js'
import type { RowQuery } from './search-query.js'
import type { SearchView } from './search-view.js'

/** With fewer rows for each hit, most have to be compared: comparing all in order is faster. */
const ROWS_PER_HIT_MIN = 32

/**
 * The k nearest rows, nearest first, ties by row. The same view and query have the same answer on
 * the same kernels, on whatever thread and however long it takes.
 *
 * @throws whatever `checkpoint` throws
 * @internal
 */
export function nearestRows(
  kernels: KernelProvider,
  view: SearchView,
  { recall, ...query }: RowQuery,
): Promise<NearestRows> {
  const { codes, visibleRows } = view
  const isLarge = query.k * ROWS_PER_HIT_MIN > visibleRows
  if (recall === undefined || codes === undefined || isLarge) {
    return exactSearch(kernels, view, query)
  }
  return codeSearch(kernels, { ...view, codes }, { ...query, recall })
}
