/** What a record of the log does to a collection: the same as the write that it records did. */

import { DELETED, NO_ROW } from '../collection/ids/id-index.js'
import type { CollectionState } from '../collection/state/collection-state.js'
import type { RowSpanChecksum } from '../ingest/row-writer.js'
import type { DeleteEntry, RowsEntry } from '../wal/record/entry.js'

/**
 * Makes the rows of a record visible; their bytes are in place.
 *
 * @internal
 */
export function applyRows(
  state: CollectionState,
  entry: RowsEntry,
  spans: readonly RowSpanChecksum[],
): void {
  const { ids, rowBase, rowCount, metadata, writtenSeconds } = entry
  const previous = new Uint32Array(rowCount).fill(NO_ROW)
  if (metadata) state.metadata.setPacked(rowBase, metadata, 0, rowCount)
  state.idsFor(ids.kind).put(ids, 0, rowCount, { rowBase, previous })
  state.alive.setRange(rowBase, rowCount)
  clearRows(state, previous)
  state.checksums.append(rowBase, spans)
  const writtenMs = writtenSeconds === undefined ? undefined : writtenSeconds * 1000
  state.show({ rowBase, rowCount, writtenMs })
}

/**
 * Hides the rows that a record deletes.
 *
 * @internal
 */
export function applyDelete(state: CollectionState, entry: DeleteEntry): void {
  const { ids } = entry
  const index = state.idsFor(ids.kind)
  const previous = new Uint32Array(ids.count).fill(NO_ROW)
  index.mark(ids, 0, ids.count, previous)
  clearRows(state, previous)
  index.sweep(ids, 0, ids.count, previous)
}

function clearRows(state: CollectionState, values: Uint32Array): void {
  for (const value of values) {
    if (value !== NO_ROW) state.alive.clear((value & ~DELETED) >>> 0)
  }
}
