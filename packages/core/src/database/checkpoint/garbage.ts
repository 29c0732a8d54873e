/**
 * Whether segments whose rows have all died are worth a checkpoint of their own. A share of what is
 * held, so that the cost of a checkpoint, which grows with the database, is paid for by what comes
 * back; a user who deletes much gets it back soon, one who deletes little with the next one.
 */

import type { CollectionState } from '../../collection/state/collection-state.js'
import { deadSegments } from '../../collection/state/dead-segments.js'

/** Bytes held for each byte that comes back, at most. */
const HELD_PER_DEAD = 16

/**
 * Whether dead segments hold a sixteenth of the memory of all segments. Looks at the rows only of
 * collections that have so many dead ones that they can fill a segment.
 *
 * @param isWaiting - whether the memory of a segment is about to be given back without a checkpoint
 * @internal
 */
export function isGarbageDue(
  states: readonly CollectionState[],
  isWaiting: (state: CollectionState, index: number) => boolean,
): boolean {
  let heldBytes = 0
  let deadBytes = 0
  for (const state of states) {
    const { store, alive, visibleRows, freedSegments } = state
    const { segmentBytes } = state.schema
    const { rowsPerSegment } = store
    const segmentCount = Math.ceil(visibleRows / rowsPerSegment) - freedSegments.size
    heldBytes += segmentCount * segmentBytes
    const deadRows = visibleRows - freedSegments.size * rowsPerSegment - alive.aliveCount
    if (deadRows < rowsPerSegment) continue
    const dead = deadSegments(state).filter((index) => !isWaiting(state, index))
    deadBytes += dead.length * segmentBytes
  }
  return deadBytes > 0 && deadBytes * HELD_PER_DEAD >= heldBytes
}

/**
 * The same of files: whether segments whose memory went, and that a checkpoint still has files of,
 * take a sixteenth of the space.
 *
 * @param freedBefore - how many segments of a collection that checkpoint does without
 * @internal
 */
export function areFilesDue(
  states: readonly CollectionState[],
  freedBefore: (state: CollectionState) => number,
): boolean {
  let heldBytes = 0
  let deadBytes = 0
  for (const state of states) {
    const { store, visibleRows, freedSegments, schema } = state
    const segmentCount = Math.ceil(visibleRows / store.rowsPerSegment)
    const before = freedBefore(state)
    heldBytes += (segmentCount - before) * schema.segmentBytes
    deadBytes += Math.max(0, freedSegments.size - before) * schema.segmentBytes
  }
  return deadBytes > 0 && deadBytes * HELD_PER_DEAD >= heldBytes
}
