/** The creation or removal of a collection on its way through the log. */

import type { Durability } from '../contract/index.js'
import type { Commit } from '../ingest/commit.js'
import type { CreateEntry, DropEntry } from '../wal/record/entry.js'

/**
 * A change of the catalog; always durable at `disk`.
 *
 * @internal
 */
export class CatalogCommit implements Commit {
  readonly entry: CreateEntry | DropEntry
  readonly durability: Durability = 'disk'
  readonly #onApplied: () => void

  /** @param onApplied - changes the catalog in memory */
  constructor(entry: CreateEntry | DropEntry, onApplied: () => void) {
    this.entry = entry
    this.#onApplied = onApplied
  }

  /** Makes the change visible. */
  apply(): void {
    this.#onApplied()
  }

  /** Nothing to take back: the change is made only when it is durable. */
  undo(): void {
    // See above.
  }
}
