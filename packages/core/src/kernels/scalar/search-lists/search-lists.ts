/**
 * A whole query over an index: the nearest lists, more of them while too few rows were found, the
 * tail, and the rows that have no codes. An entry is compared unless its bound is beyond the worst
 * key at the time: then it cannot bring its row into the answer.
 */

import type { NearestHeap } from '../../../contract/kernel-provider.js'
import type { SearchOutcome } from '../../../contract/list-search.js'
import { Centring } from '../codes/centring.js'
import { buildQueryTables } from '../codes/query-tables.js'
import { BlockScanner } from './block-scanner.js'
import { CentreTerms } from './centre-terms.js'
import type { CheckedSearch } from './check-search.js'
import { orderLists } from './list-order.js'
import { RowComparer } from './row-comparer.js'

/**
 * Searches.
 *
 * @param checked - a good search
 * @param heap - a good heap
 * @internal
 */
export function searchLists(checked: CheckedSearch, heap: NearestHeap): SearchOutcome {
  const { search, shape, listCount, tail } = checked
  const { space, query, rows, lists, looseFrom } = search
  const tables = new Uint8Array(4 * shape.codeDimension)
  const terms = buildQueryTables(space, query, tables)
  const comparer = new RowComparer(checked, heap)
  const scanner = new BlockScanner(tables, terms, comparer)
  const centring = new Centring(space, query)
  centring.place(0)
  const centres = new CentreTerms(search, terms, centring.u)
  let listsScanned = 0
  if (lists !== undefined) {
    const { order, probes } = orderLists(lists, shape, { tables, terms, u: centring.u }, search)
    const first = Array.from(order.subarray(0, probes), checked.findList)
    for (; listsScanned < listCount; listsScanned++) {
      if (listsScanned >= probes && heap.count === heap.k) break
      const list = order[listsScanned]!
      scanner.scan(first[listsScanned] ?? checked.findList(list), centres.ofCentroid(lists, list))
    }
  }
  for (const extent of tail) scanner.scan(extent, centres.ofMean())
  for (let row = looseFrom; row < rows.rowCount; row++) comparer.compare(row)
  const { compared, keysAreDistances } = comparer
  return { lists: listsScanned, scanned: scanner.scanned, compared, keysAreDistances }
}
