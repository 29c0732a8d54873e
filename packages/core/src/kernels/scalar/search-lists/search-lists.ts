/**
 * A whole query over an index: the nearest lists, more of them while too few rows were found, the
 * tail, and the rows that have no codes. A row is compared unless its bound is beyond the worst
 * key at the time: then its own key is, too.
 */

import { BLOCK_ROWS } from '../../../code-layout.js'
import type { CodeBound, QueryTerms } from '../../../contract/code-kernels.js'
import type { NearestHeap } from '../../../contract/kernel-provider.js'
import type { SearchCost } from '../../../contract/list-search.js'
import { BlockColumns } from '../codes/block-columns.js'
import { Centring } from '../codes/centring.js'
import { sumCodes } from '../codes/code-sums.js'
import { buildQueryTables } from '../codes/query-tables.js'
import { addSurvivors, roundBound } from '../codes/scan-blocks.js'
import type { CheckedSearch, Extent } from './check-search.js'
import { orderLists } from './list-order.js'
import { RowComparer } from './row-comparer.js'

/** Lists whose exact distances are taken beside half as many again as are scanned. */
const SPARE_LISTS = 8

/**
 * Searches.
 *
 * @param checked - a good search
 * @param heap - a good heap
 * @internal
 */
export function searchLists(checked: CheckedSearch, heap: NearestHeap): SearchCost {
  const { search, shape, listCount, tail } = checked
  const { space, query, rows, lists, looseFrom } = search
  const tables = new Uint8Array(4 * shape.codeDimension)
  const terms = buildQueryTables(space, query, tables)
  const comparer = new RowComparer(checked, heap)
  const scanner = new BlockScanner(checked, { tables, terms }, comparer)
  const near = Math.min(listCount, search.probes + Math.floor(search.probes / 2) + SPARE_LISTS)
  const probes = Math.min(listCount, search.probes)
  let listsScanned = 0
  if (lists !== undefined) {
    const centring = new Centring(space, query)
    centring.place(0)
    const order = orderLists(lists, shape, { tables, terms, u: centring.u }, near)
    const first = Array.from(order.subarray(0, probes), checked.findList)
    for (const extent of first) scanner.scan(extent)
    for (listsScanned = probes; listsScanned < listCount && heap.count < heap.k; listsScanned++) {
      scanner.scan(checked.findList(order[listsScanned]!))
    }
  }
  for (const extent of tail) scanner.scan(extent)
  for (let row = looseFrom; row < rows.rowCount; row++) comparer.compare(row)
  return { lists: listsScanned, scanned: scanner.scanned, compared: comparer.compared }
}

/** Scans blocks and has their survivors compared, one block after the other. */
class BlockScanner {
  scanned = 0
  readonly #checked: CheckedSearch
  readonly #tables: Uint8Array
  readonly #terms: QueryTerms
  readonly #comparer: RowComparer
  /** Of all rows: keys are compared with the worst one as they are. */
  readonly #bound: CodeBound
  readonly #sums = new Uint16Array(BLOCK_ROWS)
  readonly #survivors = {
    rows: new Uint32Array(BLOCK_ROWS),
    bounds: new Float32Array(BLOCK_ROWS),
    count: 0,
  }

  constructor(
    checked: CheckedSearch,
    query: { readonly tables: Uint8Array; readonly terms: QueryTerms },
    comparer: RowComparer,
  ) {
    this.#checked = checked
    this.#tables = query.tables
    this.#terms = query.terms
    this.#comparer = comparer
    const { scale, bias, norm, constant } = query.terms
    const weight = Number.isFinite(constant) ? checked.search.eps * norm : Number.POSITIVE_INFINITY
    this.#bound = roundBound({ scale, bias, weight, threshold: Number.POSITIVE_INFINITY })
  }

  scan({ blocks, rowCount }: Extent): void {
    const columns = new BlockColumns(blocks, this.#checked.shape.codeDimension)
    const survivors = this.#survivors
    for (let from = 0; from < rowCount; from += BLOCK_ROWS) {
      const block = from / BLOCK_ROWS
      survivors.count = 0
      sumCodes(this.#tables, columns.bytes, block * columns.layout.byteLength, this.#sums)
      addSurvivors(columns, columns.columnsAt(block), {
        sums: this.#sums,
        bound: this.#bound,
        survivors,
        laneCount: Math.min(BLOCK_ROWS, rowCount - from),
      })
      for (let i = 0; i < survivors.count; i++) {
        this.#offer(survivors.rows[i]!, survivors.bounds[i]!)
      }
    }
    this.scanned += rowCount
  }

  #offer(row: number, bound: number): void {
    const sum = bound + this.#terms.constant
    const lower = Number.isNaN(sum) ? Number.NEGATIVE_INFINITY : sum
    if (lower <= this.#comparer.worst) this.#comparer.compare(row, lower)
  }
}
