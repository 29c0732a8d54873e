/** An `add` or `upsert` on its way through the log: how its rows become visible or go back. */

import type { Durability } from '../../contract/index.js'
import type { IdBatch } from '../../id-batch.js'
import type { Commit, CommitRows } from '../../ingest/commit.js'
import type { RowSpanChecksum } from '../../ingest/row-writer.js'
import type { RowsEntry } from '../../wal/record/entry.js'
import { DELETED, SIGNED_NO_ROW } from '../ids/id-index.js'
import type { ChecksumMark } from '../rows/row-checksums.js'
import type { CollectionState } from '../state/collection-state.js'
import type { PendingPut } from '../state/pending-puts.js'

/**
 * The parts of a {@link RowsCommit}.
 *
 * @internal
 */
export interface RowsCommitParts {
  readonly state: CollectionState
  readonly entry: RowsEntry
  readonly durability: Durability
  readonly ids: IdBatch
  readonly put: PendingPut
  /** Checksums of the rows. */
  readonly spans: readonly RowSpanChecksum[]
  /** When the rows were written, in milliseconds since 1970, where that matters. */
  readonly writtenMs?: number | undefined
}

/**
 * One batch of rows, copied, indexed by id and submitted.
 *
 * @internal
 */
export class RowsCommit implements Commit {
  readonly entry: RowsEntry
  readonly durability: Durability
  readonly rows: CommitRows
  readonly #state: CollectionState
  readonly #ids: IdBatch
  readonly #put: PendingPut
  readonly #spans: readonly RowSpanChecksum[]
  readonly #writtenMs: number | undefined
  readonly #killed: number[] = []
  #mark: ChecksumMark | undefined

  constructor(parts: RowsCommitParts) {
    this.#state = parts.state
    this.#ids = parts.ids
    this.#put = parts.put
    this.#spans = parts.spans
    this.#writtenMs = parts.writtenMs
    this.entry = parts.entry
    this.durability = parts.durability
    const { rowBase, rowCount } = parts.put
    this.rows = { store: parts.state.store, rowBase, rowCount }
  }

  /** Shows the new rows and hides those that they replace. */
  apply(): void {
    const { alive, checksums, pendingPuts } = this.#state
    const { rowBase, rowCount, previous } = this.#put
    this.#mark = checksums.append(rowBase, this.#spans)
    alive.setRange(rowBase, rowCount)
    // As signed numbers: NO_ROW is a small one then, which costs no memory while code is cold.
    const values = new Int32Array(previous.buffer, previous.byteOffset, previous.length)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value === SIGNED_NO_ROW) continue
      const row = (value & ~DELETED) >>> 0
      if (alive.clear(row)) this.#killed.push(row)
    }
    this.#state.show({ rowBase, rowCount, writtenMs: this.#writtenMs })
    pendingPuts.remove(this.#put)
  }

  /** Hides the rows again and points the ids back to what they named before. */
  undo(applied: boolean): void {
    const { alive, checksums, pendingPuts, ids } = this.#state
    const { rowBase, rowCount, previous } = this.#put
    if (applied) {
      for (const row of this.#killed) alive.setRange(row, 1)
      // Lists leave out rows that were dead when they were made.
      if (this.#killed.length > 0) this.#state.codes?.restart()
      alive.clearRange(rowBase, rowCount)
      this.#state.visibleRows = rowBase
      if (this.#mark) checksums.rewind(this.#mark)
    }
    ids?.undoPut(this.#ids, 0, rowCount, previous)
    pendingPuts.remove(this.#put)
  }
}
