/**
 * Keeps a collection at a number of rows: the oldest are deleted, as many at a time as a segment
 * holds, so that whole segments become free.
 */

import { type Collection, LIMITS } from '@sluice/core'

const U64_WORDS = 2
const TWO_TO_32 = 2 ** 32
/** Of the rows, where a segment has more. */
const STEP_SHARE_MAX = 1 / 8

/**
 * Fills the words of a `BigUint64Array` on this machine with consecutive ids.
 *
 * @param words - two per id
 * @param firstId - at most 2^53 - 1
 * @internal
 */
export function fillIds(words: Uint32Array, firstId: number): void {
  for (let row = 0; row * U64_WORDS < words.length; row++) {
    words[row * U64_WORDS] = (firstId + row) % TWO_TO_32
    words[row * U64_WORDS + 1] = Math.floor((firstId + row) / TWO_TO_32)
  }
}

/**
 * The rows of a collection whose ids are 1, 2, 3, …, in the order in which they came in.
 *
 * @internal
 */
export class CappedRows {
  readonly #collection: Collection
  readonly #rowsMax: number
  readonly #ids: BigUint64Array
  readonly #words: Uint32Array
  #deleted = 0

  /**
   * @param collection - new
   * @param rowsMax - how many rows may stay, up to an eighth more
   * @param segmentRows - rows deleted at a time, where that is not more
   */
  constructor(collection: Collection, rowsMax: number, segmentRows: number) {
    this.#collection = collection
    this.#rowsMax = rowsMax
    const step = Math.min(rowsMax * STEP_SHARE_MAX, segmentRows, LIMITS.rowsPerBatchMax)
    this.#ids = new BigUint64Array(Math.max(1, Math.floor(step)))
    this.#words = new Uint32Array(this.#ids.buffer)
  }

  /** Deletes until few enough of the acknowledged rows are left. */
  async shrink(acknowledgedRows: number): Promise<void> {
    const step = this.#ids.length
    while (acknowledgedRows - this.#deleted >= this.#rowsMax + step) {
      fillIds(this.#words, this.#deleted + 1)
      await this.#collection.delete({ ids: this.#ids })
      this.#deleted += step
    }
  }
}
