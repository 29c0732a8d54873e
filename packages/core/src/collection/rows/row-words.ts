/**
 * A few u32 words per row, in chunks of leased memory that are zero at first.
 * Growth adds chunks and copies nothing; only the first chunk starts small and doubles. Rows may
 * be sparse: a chunk exists once a row of it was asked for, and until all of its rows were
 * forgotten.
 */

import type { Allocator, Lease } from '../../contract/index.js'

const FIRST_CHUNK_BYTES_MIN = 4096

/**
 * Logarithm of {@link CHUNK_ROWS}.
 *
 * @internal
 */
export const CHUNK_ROWS_LOG2 = 14

/**
 * Rows of a chunk.
 *
 * @internal
 */
export const CHUNK_ROWS: number = 1 << CHUNK_ROWS_LOG2

/**
 * Words by row: row r has words `(r % CHUNK_ROWS) * wordsPerRow` and following of chunk
 * `floor(r / CHUNK_ROWS)`.
 *
 * @internal
 */
export class RowWords {
  /** The chunks there are. Not to be kept: the first one is replaced as it grows. */
  readonly chunks: (Uint32Array | undefined)[] = []
  readonly wordsPerRow: number
  readonly #allocator: Allocator
  readonly #leases: (Lease | undefined)[] = []
  /** Rows of each chunk that were forgotten. */
  readonly #forgotten: number[] = []
  #byteLength = 0

  /** @param wordsPerRow - a power of two, at most 8 */
  constructor(allocator: Allocator, wordsPerRow: number) {
    this.#allocator = allocator
    this.wordsPerRow = wordsPerRow
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#byteLength
  }

  /**
   * Makes room for rows `from` to `to - 1`.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator; what was there stays as it was
   */
  ensure(from: number, to: number): void {
    if (from >= to) return
    for (let index = from >>> CHUNK_ROWS_LOG2; index <= (to - 1) >>> CHUNK_ROWS_LOG2; index++) {
      this.#ensureChunk(index, Math.min(CHUNK_ROWS, to - index * CHUNK_ROWS))
    }
  }

  /** The first word of a row; 0 where nothing was written. */
  first(row: number): number {
    const chunk = this.chunks[row >>> CHUNK_ROWS_LOG2]
    return chunk?.[(row & (CHUNK_ROWS - 1)) * this.wordsPerRow] ?? 0
  }

  /** Sets the first word of a row that there is room for. */
  setFirst(row: number, word: number): void {
    const chunk = this.chunks[row >>> CHUNK_ROWS_LOG2]
    if (chunk) chunk[(row & (CHUNK_ROWS - 1)) * this.wordsPerRow] = word
  }

  /** The first row from `from` on whose first word is not 0, or `to` when there is none below. */
  nextSet(from: number, to: number): number {
    let row = from
    while (row < to) {
      const end = Math.min(to, ((row >>> CHUNK_ROWS_LOG2) + 1) * CHUNK_ROWS)
      const chunk = this.chunks[row >>> CHUNK_ROWS_LOG2]
      for (; chunk !== undefined && row < end; row++) {
        if ((chunk[(row & (CHUNK_ROWS - 1)) * this.wordsPerRow] ?? 0) !== 0) return row
      }
      row = end
    }
    return to
  }

  /**
   * Forgets rows `from` to `to - 1`, which nobody asks for any more, each at most once. A chunk
   * goes back when it has no other rows; until then the words are as they were.
   */
  forget(from: number, to: number): void {
    for (let row = from; row < to; ) {
      const index = row >>> CHUNK_ROWS_LOG2
      const end = Math.min(to, (index + 1) * CHUNK_ROWS)
      const forgotten = (this.#forgotten[index] ?? 0) + end - row
      this.#forgotten[index] = forgotten
      if (forgotten === CHUNK_ROWS) this.#releaseChunk(index)
      row = end
    }
  }

  /** Gives all memory back. */
  release(): void {
    for (const lease of this.#leases) lease?.release()
    this.#leases.length = 0
    this.chunks.length = 0
    this.#forgotten.length = 0
    this.#byteLength = 0
  }

  #releaseChunk(index: number): void {
    this.#byteLength -= this.#leases[index]?.byteLength ?? 0
    this.#leases[index]?.release()
    this.#leases[index] = undefined
    this.chunks[index] = undefined
  }

  #ensureChunk(index: number, rowCount: number): void {
    const chunk = this.chunks[index]
    const words = rowCount * this.wordsPerRow
    if (chunk !== undefined && chunk.length >= words) return
    const byteLength = index === 0 ? this.#firstChunkBytes(words) : this.#chunkBytes()
    const lease = this.#allocator.allocate(byteLength, { zero: true })
    const { bytes } = lease
    const grown = new Uint32Array(bytes.buffer, bytes.byteOffset, byteLength / 4)
    if (chunk !== undefined) grown.set(chunk)
    this.#byteLength += byteLength - (this.#leases[index]?.byteLength ?? 0)
    this.#leases[index]?.release()
    this.#leases[index] = lease
    this.chunks[index] = grown
  }

  #chunkBytes(): number {
    return CHUNK_ROWS * this.wordsPerRow * 4
  }

  #firstChunkBytes(words: number): number {
    const powerOfTwo = 2 ** Math.ceil(Math.log2(words * 4))
    return Math.min(this.#chunkBytes(), Math.max(FIRST_CHUNK_BYTES_MIN, powerOfTwo))
  }
}
