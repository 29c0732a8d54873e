/** A `delete` on its way through the log. */

import type { Durability } from '../../contract/index.js'
import type { IdBatch } from '../../id-batch.js'
import type { Commit } from '../../ingest/commit.js'
import type { LogEntry } from '../../wal/record/entry.js'
import { DELETED, type IdIndex, NO_ROW } from '../ids/id-index.js'
import type { CollectionState } from '../state/collection-state.js'

/**
 * The parts of a {@link DeleteCommit}.
 *
 * @internal
 */
export interface DeleteCommitParts {
  readonly state: CollectionState
  readonly index: IdIndex
  readonly entry: LogEntry
  readonly durability: Durability
  readonly ids: IdBatch
  /** What the index held for each id that was there; NO_ROW for the others. */
  readonly previous: Uint32Array
}

/**
 * One submitted delete.
 *
 * @internal
 */
export class DeleteCommit implements Commit {
  readonly entry: LogEntry
  readonly durability: Durability
  readonly #parts: DeleteCommitParts
  readonly #killed: number[] = []

  constructor(parts: DeleteCommitParts) {
    this.#parts = parts
    this.entry = parts.entry
    this.durability = parts.durability
  }

  /** Hides the rows. Their ids stay marked, which reads as absent, until they are swept. */
  apply(): void {
    const { state, previous } = this.#parts
    for (const value of previous) {
      if (value === NO_ROW) continue
      const row = (value & ~DELETED) >>> 0
      if (state.alive.clear(row)) this.#killed.push(row)
    }
  }

  /** Shows the rows again. */
  undo(applied: boolean): void {
    const { state, index, ids, previous } = this.#parts
    if (applied) for (const row of this.#killed) state.alive.setRange(row, 1)
    // Lists leave out rows that were dead when they were made.
    if (applied && this.#killed.length > 0) state.codes?.restart()
    index.undoMark(ids, 0, ids.count, previous)
  }
}
