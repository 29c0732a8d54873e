/** Blocks of codes, whose rows are compared unless their codes rule them out. */

import { BLOCK_ROWS } from '../../../code-layout.js'
import type { QueryTerms } from '../../../contract/code-kernels.js'
import { BlockColumns } from '../codes/block-columns.js'
import { sumCodes } from '../codes/code-sums.js'
import { addSurvivors } from '../codes/scan-blocks.js'
import type { CentreTerm } from './centre-terms.js'
import type { Extent } from './check-search.js'
import type { RowComparer } from './row-comparer.js'

/**
 * Scans blocks and has their survivors compared, one block after the other.
 *
 * @internal
 */
export class BlockScanner {
  /** Rows scanned. */
  scanned = 0
  readonly #tables: Uint8Array
  readonly #terms: QueryTerms
  readonly #comparer: RowComparer
  readonly #sums = new Uint16Array(BLOCK_ROWS)
  readonly #survivors = {
    rows: new Uint32Array(BLOCK_ROWS),
    bounds: new Float32Array(BLOCK_ROWS),
    count: 0,
  }

  /** @param terms - of the query whose tables these are */
  constructor(tables: Uint8Array, terms: QueryTerms, comparer: RowComparer) {
    this.#tables = tables
    this.#terms = terms
    this.#comparer = comparer
  }

  /** Scans the blocks of an extent, whose codes share a centre. */
  scan({ blocks, rowCount }: Extent, { constant, weight }: CentreTerm): void {
    const { scale, bias } = this.#terms
    // Of all rows: keys are compared with the worst one as they are.
    const bound = { scale, bias, weight, threshold: Number.POSITIVE_INFINITY }
    const columns = new BlockColumns(blocks, this.#tables.length / 4)
    const survivors = this.#survivors
    for (let from = 0; from < rowCount; from += BLOCK_ROWS) {
      const block = from / BLOCK_ROWS
      survivors.count = 0
      sumCodes(this.#tables, columns.bytes, block * columns.layout.byteLength, this.#sums)
      addSurvivors(columns, columns.columnsAt(block), {
        sums: this.#sums,
        bound,
        survivors,
        laneCount: Math.min(BLOCK_ROWS, rowCount - from),
      })
      for (let i = 0; i < survivors.count; i++) {
        this.#offer(survivors.rows[i]!, Math.fround(survivors.bounds[i]! + constant))
      }
    }
    this.scanned += rowCount
  }

  #offer(row: number, sum: number): void {
    const lower = Number.isNaN(sum) ? Number.NEGATIVE_INFINITY : sum
    if (lower <= this.#comparer.worst) this.#comparer.compare(row, lower)
  }
}
