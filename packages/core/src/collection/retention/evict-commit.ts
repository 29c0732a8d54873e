/** The end of the oldest rows of a capped collection on its way through the log. */

import type { Durability } from '../../contract/index.js'
import type { Commit } from '../../ingest/commit.js'
import type { EvictEntry } from '../../wal/record/entry.js'
import type { CollectionState } from '../state/collection-state.js'

/**
 * One submitted eviction; always durable at `disk`, since memory and files of the rows go after it.
 *
 * @internal
 */
export class EvictCommit implements Commit {
  readonly entry: EvictEntry
  readonly durability: Durability = 'disk'
  readonly #state: CollectionState

  /** @param toRow - all rows below go; they are visible */
  constructor(state: CollectionState, toRow: number) {
    this.#state = state
    this.entry = { kind: 'evict', collectionId: state.id, toRow }
  }

  /** Hides the rows. */
  apply(): void {
    this.#state.evictedRows += this.#state.evict(this.entry.toRow)
  }

  /** Nothing to take back: rows are hidden only when that is durable. */
  undo(): void {
    // See above.
  }
}
