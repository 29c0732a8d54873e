/** Which way a search goes: by the index where there is one and it may be used, or exact. */

import type { RowQuery } from './search-query.js'
import type { SearchView } from './search-view.js'

/** With fewer rows for each hit, most have to be compared: comparing all in order is faster. */
const ROWS_PER_HIT_MIN = 32

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
  { visibleRows, codes }: Pick<SearchView, 'visibleRows' | 'codes'>,
  { k, recall }: Pick<RowQuery, 'k' | 'recall'>,
): SearchWay {
  const isLarge = k * ROWS_PER_HIT_MIN > visibleRows
  if (isLarge || codes === undefined || recall === undefined) return 'exact'
  return codes.lists === undefined ? 'codes' : 'lists'
}
