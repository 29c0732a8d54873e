/** Which way a search goes: by the index where there is one and it may be used, or exact. */

import type { RowQuery } from './search-query.js'
import type { SearchView } from './search-view.js'

/** With fewer rows for each hit, most have to be compared: comparing all in order is faster. */
const ROWS_PER_HIT_MIN = 32
/** Answers of more hits go through all lists, so that only the reading of rows is saved. */
const FEW_HITS_MAX = 100
/** The same for those. */
const ROWS_PER_HIT_IN_LISTS_MIN = 48
/** And what a hit in lists costs, as bytes of rows that are compared in the same time. */
const ROW_BYTES_PER_HIT_IN_LISTS_MIN = 72 * 1024

/**
 * The nearest lists, all codes, or all rows.
 *
 * @internal
 */
export type SearchWay = 'lists' | 'codes' | 'exact'

/**
 * The way of a search, which is the same for all queries of a call.
 *
 * @internal
 */
export function searchWay(
  { visibleRows, codes, store }: Pick<SearchView, 'visibleRows' | 'codes' | 'store'>,
  { k, recall }: Pick<RowQuery, 'k' | 'recall'>,
): SearchWay {
  if (codes === undefined || recall === undefined) return 'exact'
  if (k * rowsPerHitMin(k, codes.lists !== undefined, store.stride) > visibleRows) return 'exact'
  return codes.lists === undefined ? 'codes' : 'lists'
}

/** @param stride - bytes of a row */
function rowsPerHitMin(k: number, hasLists: boolean, stride: number): number {
  if (!hasLists || k <= FEW_HITS_MAX) return ROWS_PER_HIT_MIN
  return Math.max(ROWS_PER_HIT_IN_LISTS_MIN, ROW_BYTES_PER_HIT_IN_LISTS_MIN / stride)
}
