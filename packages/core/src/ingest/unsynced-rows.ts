/**
 * Which rows of which store are not known to be on disk: the rows of records that do not carry
 * them (they must be flushed before the next record at `disk`), and the rows of records that do
 * (they are spilled to their segments in the background, so that the log can be cut one day).
 */

import type { VectorStore } from '../contract/index.js'

/**
 * A high-water mark per store.
 *
 * @internal
 */
export class UnsyncedRows {
  readonly #toRow = new Map<VectorStore, number>()
  #bytes = 0

  /** Bytes noted since the last `take`. */
  get bytes(): number {
    return this.#bytes
  }

  /** Notes that rows below `toRow` need a flush. */
  note(store: VectorStore, toRow: number, byteLength: number): void {
    this.#toRow.set(store, Math.max(toRow, this.#toRow.get(store) ?? 0))
    this.#bytes += byteLength
  }

  /** Whether nothing is noted. */
  isEmpty(): boolean {
    return this.#toRow.size === 0
  }

  /** Forgets a store that is being destroyed. */
  forget(store: VectorStore): void {
    this.#toRow.delete(store)
  }

  /** Flushes everything noted so far; later notes are not waited for. */
  async flush(): Promise<void> {
    const marks = [...this.#toRow]
    this.#toRow.clear()
    this.#bytes = 0
    await Promise.all(marks.map(([store, toRow]) => store.flush(toRow)))
  }
}
