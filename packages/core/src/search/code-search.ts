/**
 * Search by codes: scans the codes of all visible rows, and compares exactly what they cannot rule
 * out, rows without codes, and all rows where ruling out does not pay. Rows compete in their order,
 * so that of equal ones the lower stay.
 */

import type { KernelProvider } from '../contract/index.js'
import type { CodeView } from '../index/code-view.js'
import { drainSorted, type NearestRows } from '../kernels/nearest-heap.js'
import { CodeScan } from './code-scan.js'
import { segmentsOf, startSearch } from './exact-search.js'
import { epsForRecall } from '../index/recall-bound.js'
import { scanRows } from './scan-rows.js'
import type { SearchQuery } from './search-query.js'
import type { SearchView } from './search-view.js'

/**
 * A search that may miss a row now and then.
 *
 * @internal
 */
export interface CodeQuery extends SearchQuery {
  /** The share of the k nearest rows to be found, over many searches; above 0, below 1. */
  readonly recall: number
}

/**
 * Rows and their codes.
 *
 * @internal
 */
export interface CodeSearchView extends SearchView {
  readonly codes: CodeView
}

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
  const run = startSearch(kernels, view, query)
  const scan = new CodeScan(run, view.codes, epsForRecall(query.recall))
  for (const segment of segmentsOf(view)) {
    await scanRows(run, segment, await scan.scan(segment, 0))
  }
  return drainSorted(run.heap)
}
