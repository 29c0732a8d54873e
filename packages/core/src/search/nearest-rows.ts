/** The way in to searches. */

import type { KernelProvider } from '../contract/index.js'
import type { NearestRows } from '../kernels/nearest-heap.js'
import { codeSearch } from './code-search.js'
import { exactSearch } from './exact-search.js'
import type { CodeQuery, RowQuery } from './search-query.js'
import type { CodeSearchView, SearchView } from './search-view.js'
import { searchWay } from './search-way.js'

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
  if (searchWay(view, query) === 'exact') return exactSearch(kernels, view, query)
  return codeSearch(kernels, view as CodeSearchView, query as CodeQuery)
}
