/** The way in to searches: by the index where there is one and it may be used, or exact. */

import type { KernelProvider } from '../contract/index.js'
import type { NearestRows } from '../kernels/nearest-heap.js'
import { codeSearch } from './code-search.js'
import { exactSearch } from './exact-search.js'
import type { CodeQuery, RowQuery } from './search-query.js'
import type { CodeSearchView, SearchView } from './search-view.js'

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
  query: RowQuery,
): Promise<NearestRows> {
  const isLarge = query.k * ROWS_PER_HIT_MIN > view.visibleRows
  if (isLarge || !hasCodes(view) || !mayMiss(query)) return exactSearch(kernels, view, query)
  return codeSearch(kernels, view, query)
}

function hasCodes(view: SearchView): view is CodeSearchView {
  return view.codes !== undefined
}

function mayMiss(query: RowQuery): query is CodeQuery {
  return query.recall !== undefined
}
