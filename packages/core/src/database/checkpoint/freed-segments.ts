/**
 * Gives back what segments held whose rows are all dead: memory once nobody reads it any more,
 * files once no checkpoint names them.
 */

import type { CollectionState } from '../../collection/collection-state.js'
import type { ColumnFiles } from '../../segment/column-files.js'

/**
 * The dead segments of one database.
 *
 * @internal
 */
export class FreedSegments {
  /** Segments whose files are gone, so that nobody looks for them again. */
  readonly #gone = new WeakMap<CollectionState, Set<number>>()
  #isClosed = false

  /** Gives the memory of segments back when the reads under way have ended. */
  async freeMemory(state: CollectionState, indexes: readonly number[]): Promise<void> {
    const held = indexes.filter((index) => !state.freedSegments.has(index))
    if (held.length === 0) return
    await state.reads.whenQuiet()
    if (state.isDropped || this.#isClosed) return
    for (const index of held) state.freeSegment(index)
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
