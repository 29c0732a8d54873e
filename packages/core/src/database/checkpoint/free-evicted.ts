/**
 * Gives the memory of evicted segments back as soon as nobody looks at it, without a checkpoint:
 * the log has them dead for good. Their files are needed until two checkpoints do without.
 */

import type { CollectionState } from '../../collection/state/collection-state.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import type { FreedSegments } from './freed-segments.js'

/**
 * Frees the newest of the evicted segments, back to the first that was freed before.
 *
 * @throws StorageError; the log is poisoned then
 * @internal
 */
export async function freeEvicted(
  state: CollectionState,
  { log, freed }: { readonly log: CommitLog; readonly freed: FreedSegments },
): Promise<void> {
  const { evictedRow, store, freedSegments } = state
  const indexes: number[] = []
  const end = Math.floor(evictedRow / store.rowsPerSegment)
  for (let index = end - 1; index >= 0 && !freedSegments.has(index); index--) indexes.unshift(index)
  if (indexes.length === 0) return
  // Rows may be in the log alone until now.
  await log.orPoison('flush rows', () => store.flush(end * store.rowsPerSegment))
  await freed.freeMemory(state, indexes)
}
