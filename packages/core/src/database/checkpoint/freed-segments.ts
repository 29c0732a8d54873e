/**
 * Gives back what segments held whose rows are all dead: memory once nobody reads it any more,
 * files once no checkpoint names them.
 */

import type { CollectionState } from '../../collection/state/collection-state.js'
import type { ColumnFiles } from '../../segment/column-files.js'

/**
 * The dead segments of one database.
 *
 * @internal
 */
export class FreedSegments {
  /** Segments whose files are gone, so that nobody looks for them again. */
  readonly #gone = new WeakMap<CollectionState, Set<number>>()
  /** Segments whose memory goes when the reads under way have ended. */
  readonly #waiting = new WeakMap<CollectionState, Set<number>>()
  readonly #pending = new Set<Promise<void>>()
  #isClosed = false

  /** Whether the memory of a segment is about to be given back. */
  isWaiting(state: CollectionState, index: number): boolean {
    return this.#waiting.get(state)?.has(index) ?? false
  }

  /** Resolves when all memory that waits now was given back. */
  async whenFreed(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /**
   * Gives the memory of segments back when the reads under way have ended.
   *
   * @returns whether there was any that was not on its way already
   */
  async freeMemory(state: CollectionState, indexes: readonly number[]): Promise<boolean> {
    const waiting = this.#waiting.get(state) ?? new Set()
    this.#waiting.set(state, waiting)
    const held = indexes.filter((index) => !waiting.has(index) && !state.freedSegments.has(index))
    if (held.length === 0) return false
    for (const index of held) waiting.add(index)
    const freed = this.#free(state, held)
    this.#pending.add(freed)
    try {
      await freed
    } finally {
      this.#pending.delete(freed)
      for (const index of held) waiting.delete(index)
    }
    return true
  }

  async #free(state: CollectionState, indexes: readonly number[]): Promise<void> {
    await state.reads.whenQuiet()
    const isOver = (): boolean => state.isDropped || this.#isClosed
    for (const index of indexes) if (!isOver()) await state.freeSegment(index, isOver)
  }

  /**
   * Removes the files of segments, or hands them over for re-use.
   *
   * @returns whether none is left
   * @throws StorageError
   */
  async freeFiles(
    state: CollectionState,
    indexes: readonly number[],
    columns: ColumnFiles | undefined,
  ): Promise<boolean> {
    const gone = this.#gone.get(state) ?? new Set()
    this.#gone.set(state, gone)
    let isDone = true
    for (const index of indexes) {
      if (gone.has(index)) continue
      const isGone = await state.fileTurns.run(async () => {
        // Its memory goes first; a long walk may hold it.
        if (state.isDropped || !state.freedSegments.has(index)) return state.isDropped
        await columns?.remove(index)
        await state.store.freeSegmentFile(index)
        gone.add(index)
        return true
      })
      isDone &&= isGone
    }
    return isDone
  }

  /** Frees no more memory: whoever closes the stores does. */
  close(): void {
    this.#isClosed = true
  }
}
