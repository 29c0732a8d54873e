/** The u64 id of each row, as two words in chunks, and the hash of u64 ids. */

import type { Allocator } from '../../contract/index.js'
import type { U64IdBatch } from '../../id-batch.js'
import { CHUNK_ROWS, CHUNK_ROWS_LOG2, RowWords } from '../rows/row-words.js'
import type { RecordedKeys } from './hashed-id-index.js'
import { type HashKey, hashKeyOf, hashU64 } from './id-hash.js'

/**
 * Ids of rows: 8 bytes each.
 *
 * @internal
 */
export class U64RowKeys implements RecordedKeys<U64IdBatch> {
  readonly #hashKey: HashKey
  /** Low word, high word. */
  readonly #words: RowWords

  constructor(allocator: Allocator, seed: number) {
    this.#hashKey = hashKeyOf(seed)
    this.#words = new RowWords(allocator, 2)
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#words.byteLength
  }

  /** See {@link RowKeys.hashOf}. */
  hashOf(ids: U64IdBatch, index: number): number {
    const { words } = ids
    return hashU64(words[2 * index]!, words[2 * index + 1]!, this.#hashKey)
  }

  /** See {@link RowKeys.matches}. A row that was forgotten matches nothing. */
  matches(row: number, ids: U64IdBatch, index: number): boolean {
    const chunk = this.#words.chunks[row >>> CHUNK_ROWS_LOG2]
    if (chunk === undefined) return false
    const at = (row & (CHUNK_ROWS - 1)) * 2
    const { words } = ids
    return chunk[at] === words[2 * index] && chunk[at + 1] === words[2 * index + 1]
  }

  /**
   * Records ids `from` to `to - 1` of a batch as those of rows `rowBase + from` and following.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; nothing has changed then
   */
  record(ids: U64IdBatch, from: number, to: number, rowBase: number): void {
    this.#words.ensure(rowBase + from, rowBase + to)
    for (let i = from; i < to; ) {
      const offset = (rowBase + i) & (CHUNK_ROWS - 1)
      const chunk = this.#words.chunks[(rowBase + i) >>> CHUNK_ROWS_LOG2]!
      const end = Math.min(to, i + CHUNK_ROWS - offset)
      chunk.set(ids.words.subarray(2 * i, 2 * end), 2 * offset)
      i = end
    }
  }

  /** The id recorded for a row; 0 where there is none. */
  idAt(row: number): bigint {
    const words = new Uint32Array(2)
    this.readIds(Uint32Array.of(row), words)
    return (BigInt(words[1]!) << 32n) | BigInt(words[0]!)
  }

  /** Copies the ids of the first `out.length / 2` of `rows`. */
  readIds(rows: Uint32Array, out: Uint32Array): void {
    for (let i = 0; 2 * i < out.length; i++) {
      const row = rows[i]!
      const chunk = this.#words.chunks[row >>> CHUNK_ROWS_LOG2]
      const at = (row & (CHUNK_ROWS - 1)) * 2
      out[2 * i] = chunk?.[at] ?? 0
      out[2 * i + 1] = chunk?.[at + 1] ?? 0
    }
  }

  /** The id recorded for a row, if it is a safe integer; 0 where there is none. */
  numberAt(row: number): number {
    const chunk = this.#words.chunks[row >>> CHUNK_ROWS_LOG2]
    const at = (row & (CHUNK_ROWS - 1)) * 2
    return (chunk?.[at + 1] ?? 0) * 2 ** 32 + (chunk?.[at] ?? 0)
  }

  /** Copies the ids of rows `fromRow` and following, `out.length / 2` of them; 0 where none is. */
  readRange(fromRow: number, out: Uint32Array): void {
    const count = out.length / 2
    for (let i = 0; i < count; ) {
      const offset = (fromRow + i) & (CHUNK_ROWS - 1)
      const chunk = this.#words.chunks[(fromRow + i) >>> CHUNK_ROWS_LOG2]
      const end = Math.min(count, i + CHUNK_ROWS - offset)
      if (chunk === undefined) out.fill(0, 2 * i, 2 * end)
      else out.set(chunk.subarray(2 * offset, 2 * (offset + end - i)), 2 * i)
      i = end
    }
  }

  /** See {@link RecordedKeys.forget}. */
  forget(fromRow: number, toRow: number): void {
    this.#words.forget(fromRow, toRow)
  }

  /** Nothing to do: a later row of that number is recorded over it. */
  rewind(): void {
    // See above.
  }

  /** Gives all memory back. */
  release(): void {
    this.#words.release()
  }
}
