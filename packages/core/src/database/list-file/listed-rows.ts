/**
 * Which rows are in lists that were read, so that lists which lack a row that is alive are found
 * out, whatever the reason: searches would never find it. Nor those with factors of no code.
 */

import { BLOCK_ROWS, type BlockLayout } from '../../code-layout.js'
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
  /** Bit `r & 31` of word `r >>> 5`. */
  readonly #words: Uint32Array

  /** @param rowCount - a multiple of 32 */
  constructor(rowCount: number) {
    this.#rowCount = rowCount
    this.#words = new Uint32Array(rowCount / BLOCK_ROWS)
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

  /**
   * A row below `rowCount` that is alive and was not met; undefined when all were.
   *
   * @param alive - the mask of all rows; undefined where all are alive
   */
  findMissing(alive: Uint32Array | undefined): number | undefined {
    for (let word = 0; word < this.#words.length; word++) {
      const missing = (alive?.[word] ?? 0xffffffff) & ~this.#words[word]!
      if (missing !== 0) return word * BLOCK_ROWS + 31 - Math.clz32(missing)
    }
    return undefined
  }

  #note(rows: Uint32Array): NumberFault | undefined {
    for (const row of rows) {
      if (row >= this.#rowCount) {
        return { field: 'row of a list', expected: `below ${this.#rowCount}`, actual: row }
      }
      this.#words[row >>> 5]! |= 1 << (row & 31)
    }
    return undefined
  }
}
