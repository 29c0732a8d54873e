/**
 * The best estimates among many blocks of centroids: candidates in the order of their estimates,
 * ties in that of their numbers.
 */

import { BLOCK_ROWS } from '../../../code-layout.js'
import type { BlockColumns } from './block-columns.js'
import { sumCodes } from './code-sums.js'
import type { TableBuilder } from './query-tables.js'

/**
 * A short list of centroids, made anew by each {@link NearestEstimates.find}.
 *
 * @internal
 */
export class NearestEstimates {
  /** Their numbers, the best first. */
  readonly centroids: Uint32Array
  /** Their estimates, NaN replaced by Infinity. */
  readonly estimates: Float32Array
  /** Entries in use. */
  count = 0
  readonly #columns: BlockColumns
  readonly #centroidCount: number
  readonly #sums: Uint16Array = new Uint16Array(BLOCK_ROWS)

  /**
   * @param columns - blocks of the centroids 0, 1, …
   * @param centroidCount - how many of their lanes are centroids
   * @param countMax - the most that the list may hold
   */
  constructor(columns: BlockColumns, centroidCount: number, countMax: number) {
    this.#columns = columns
    this.#centroidCount = centroidCount
    this.centroids = new Uint32Array(countMax)
    this.estimates = new Float32Array(countMax)
  }

  /**
   * Fills the list for a vector whose tables and terms these are.
   *
   * @param wanted - not 0 for each block to look at; all where it is left out
   */
  find(tables: Uint8Array, terms: TableBuilder, wanted?: Uint8Array): void {
    const blockCount = Math.ceil(this.#centroidCount / BLOCK_ROWS)
    this.count = 0
    for (let block = 0; block < blockCount; block++) {
      if (wanted?.[block] !== 0) this.#offerBlock(block, tables, terms)
    }
  }

  #offerBlock(block: number, tables: Uint8Array, { scale, bias }: TableBuilder): void {
    const { bytes, floats, layout } = this.#columns
    const first = block * BLOCK_ROWS
    const at = this.#columns.columnsAt(block)
    const laneCount = Math.min(BLOCK_ROWS, this.#centroidCount - first)
    sumCodes(tables, bytes, block * layout.byteLength, this.#sums)
    for (let lane = 0; lane < laneCount; lane++) {
      const sum = Math.fround(Math.fround(this.#sums[lane]! * scale) + bias)
      const product = Math.fround(floats[at + lane]! * sum)
      this.#offer(Math.fround(product + floats[at + BLOCK_ROWS + lane]!), first + lane)
    }
  }

  #offer(estimate: number, centroid: number): void {
    const value = Number.isNaN(estimate) ? Number.POSITIVE_INFINITY : estimate
    const { centroids, estimates } = this
    let at = this.count
    if (at === estimates.length) {
      at--
      // Offered in the order of their numbers: of equals the first stays.
      if (value >= estimates[at]!) return
    } else {
      this.count++
    }
    for (; at > 0 && value < estimates[at - 1]!; at--) {
      estimates[at] = estimates[at - 1]!
      centroids[at] = centroids[at - 1]!
    }
    estimates[at] = value
    centroids[at] = centroid
  }
}
