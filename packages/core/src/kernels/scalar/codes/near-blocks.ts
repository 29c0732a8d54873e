/** Which blocks of centroids to look at: those that hold a member of one of the nearest groups. */

import { BLOCK_ROWS } from '../../../code-layout.js'
import type { CentroidGroups } from '../../../contract/code-kernels.js'
import { BlockColumns } from './block-columns.js'
import { NearestEstimates } from './nearest-estimates.js'
import type { TableBuilder } from './query-tables.js'

/**
 * The blocks of the groups near a vector, found anew by each {@link NearBlocks.find}.
 *
 * @internal
 */
export class NearBlocks {
  readonly #starts: Uint32Array
  readonly #nearest: NearestEstimates
  readonly #marks: Uint8Array

  /**
   * @param groups - checked ones
   * @param codeDimension - of all blocks
   */
  constructor({ blocks, starts, beam }: CentroidGroups, codeDimension: number) {
    const groupCount = starts.length - 1
    const columns = new BlockColumns(blocks, codeDimension)
    this.#starts = starts
    this.#nearest = new NearestEstimates(columns, groupCount, beam)
    this.#marks = new Uint8Array(Math.ceil(starts[groupCount]! / BLOCK_ROWS))
  }

  /**
   * Ranks the groups for a vector whose tables and terms these are.
   *
   * @returns 1 for each block to look at, 0 for others; valid until the next call
   */
  find(tables: Uint8Array, terms: TableBuilder): Uint8Array {
    this.#nearest.find(tables, terms)
    const { count, centroids: groups } = this.#nearest
    this.#marks.fill(0)
    for (let i = 0; i < count; i++) {
      const group = groups[i]!
      const from = Math.floor(this.#starts[group]! / BLOCK_ROWS)
      this.#marks.fill(1, from, Math.ceil(this.#starts[group + 1]! / BLOCK_ROWS))
    }
    return this.#marks
  }
}
