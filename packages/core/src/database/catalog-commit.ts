/** The creation, change or removal of a collection on its way through the log. */

import type { Durability } from '../contract/index.js'
import type { Commit } from '../ingest/commit.js'
import type { CreateEntry, DropEntry, RetainEntry } from '../wal/record/entry.js'

type CatalogEntry = CreateEntry | DropEntry | RetainEntry

/**
 * A change of the catalog; always durable at `disk`.
 *
 * @internal
 */
export class CatalogCommit implements Commit {
  readonly entry: CatalogEntry
  readonly durability: Durability = 'disk'
  readonly #onApplied: () => void

  /** @param onApplied - changes the catalog in memory */
  constructor(entry: CatalogEntry, onApplied: () => void) {
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
