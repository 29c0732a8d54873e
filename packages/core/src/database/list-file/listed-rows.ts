/**
 * Which rows are in lists that were read, so that lists which lack a row that is alive are found
 * out, whatever the reason: searches would never find it. Nor those with factors of no code.
 */

import { BLOCK_ROWS, type BlockLayout } from '../../code-layout.js'
import type { RowMask } from '../../row-mask.js'
import { TimeSlice } from '../../time-slice.js'
import { findWrongFactor, type NumberFault } from './sound-numbers.js'

/** Blocks between two looks at the clock. */
const STEP_BLOCKS = 256

/**
 * Rows that were met in lists.
 *
 * @internal
 */
export class ListedRows {
  readonly #rowCount: number
  readonly #alive: RowMask
  /** Bit `i & 31` of word `i >>> 5` is of row `alive.firstRow + i`. */
  readonly #words: Uint32Array

  /**
   * @param rowCount - a multiple of 32
   * @param alive - of all rows
   */
  constructor(rowCount: number, alive: RowMask) {
    this.#rowCount = rowCount
    this.#alive = alive
    this.#words = new Uint32Array(Math.max(0, rowCount - alive.firstRow) / BLOCK_ROWS)
  }

  /**
   * Notes the rows of lists that lie one behind the other.
   *
   * @param counts - entries of each list
   * @returns a row number or a factor that cannot be; undefined when all is well
   */
  async add(
    blocks: Uint8Array,
    counts: Uint32Array,
    layout: BlockLayout,
  ): Promise<NumberFault | undefined> {
    const words = new Uint32Array(blocks.buffer, blocks.byteOffset, blocks.byteLength / 4)
    const numbers = new Float32Array(blocks.buffer, blocks.byteOffset, blocks.byteLength / 4)
    const slice = new TimeSlice()
    let block = 0
    for (const count of counts) {
      for (let left = count; left > 0; left -= BLOCK_ROWS) {
        const at = (block * layout.byteLength + layout.rowsAt) / 4
        const laneCount = Math.min(left, BLOCK_ROWS)
        const wrong =
          this.#note(words.subarray(at, at + laneCount)) ??
          findWrongFactor(numbers, { layout, block }, laneCount)
        if (wrong !== undefined) return wrong
        block += 1
        if (block % STEP_BLOCKS === 0 && slice.isOver()) await slice.next()
      }
    }
    return undefined
  }

  /** A row below `rowCount` that is alive and was not met; undefined when all were. */
  findMissing(): number | undefined {
    const { firstRow, mask } = this.#alive
    for (let word = 0; word < this.#words.length; word++) {
      const missing = (mask?.[word] ?? 0xffffffff) & ~this.#words[word]!
      if (missing !== 0) return firstRow + word * BLOCK_ROWS + 31 - Math.clz32(missing)
    }
    return undefined
  }

  #note(rows: Uint32Array): NumberFault | undefined {
    for (const row of rows) {
      if (row >= this.#rowCount) {
        return { field: 'row of a list', expected: `below ${this.#rowCount}`, actual: row }
      }
      const at = row - this.#alive.firstRow
      if (at >= 0) this.#words[at >>> 5]! |= 1 << (at & 31)
    }
    return undefined
  }
}
