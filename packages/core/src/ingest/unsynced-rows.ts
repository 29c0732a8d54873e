/**
 * Which rows of which store are not known to be on disk: the rows of records that do not carry
 * them (they must be flushed before the next record at `disk`), and the rows of records that do
 * (they are spilled to their segments in the background, so that the log can be cut one day).
 */

import type { VectorStore } from '../contract/index.js'

/** What is noted of one store. */
interface Mark {
  readonly toRow: number
  readonly byteLength: number
}

/**
 * A high-water mark per store.
 *
 * @internal
 */
export class UnsyncedRows {
  readonly #marks = new Map<VectorStore, Mark>()

  /** Bytes noted since the last `flush`. */
  get bytes(): number {
    let bytes = 0
    for (const { byteLength } of this.#marks.values()) bytes += byteLength
    return bytes
  }

  /** Notes that rows below `toRow` need a flush. */
  note(store: VectorStore, toRow: number, byteLength: number): void {
    const before = this.#marks.get(store) ?? { toRow: 0, byteLength: 0 }
    this.#marks.set(store, {
      toRow: Math.max(toRow, before.toRow),
      byteLength: before.byteLength + byteLength,
    })
  }

  /** Whether nothing is noted. */
  isEmpty(): boolean {
    return this.#marks.size === 0
  }

  /** Forgets a store that is being destroyed. */
  forget(store: VectorStore): void {
    this.#marks.delete(store)
  }

  /** Flushes everything noted so far; later notes are not waited for. */
  async flush(): Promise<void> {
    const marks = [...this.#marks]
    this.#marks.clear()
    await Promise.all(marks.map(([store, { toRow }]) => store.flush(toRow)))
  }
}
