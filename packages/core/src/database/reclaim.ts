/**
 * Memory that nobody needs, for a write that would be refused otherwise: slabs taken ahead of need,
 * then segments whose rows are all dead, which a checkpoint gives back.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { hasAlive } from '../collection/alive-words.js'
import type { CollectionState } from '../collection/collection-state.js'
import type { Checkpointer } from './checkpoint/checkpointer.js'

/**
 * Gives back memory that is not needed. Takes no turn of a collection and is not admitted itself,
 * so that a waiting write can ask for it.
 *
 * @returns whether there was any
 * @throws StorageError when the checkpoint fails
 * @internal
 */
export async function reclaimMemory(
  states: readonly CollectionState[],
  checkpointer: Checkpointer,
): Promise<boolean> {
  const living = states.filter(({ isDropped }) => !isDropped)
  if (living.filter(({ store }) => store.trim()).length > 0) return true
  if (!living.some(hasDeadSegment)) return false
  const before = freedCount(living)
  await checkpointer.run()
  // Memory goes when the reads under way have ended: those that are over have ended by now.
  await nextTurn()
  return freedCount(living) > before
}

/** Whether a full segment has no alive row and still has its memory. */
function hasDeadSegment({ store, alive, visibleRows, freedSegments }: CollectionState): boolean {
  const fullCount = Math.ceil(visibleRows / store.rowsPerSegment) - 1
  for (let index = 0; index < fullCount; index++) {
    if (!freedSegments.has(index) && !hasAlive(alive.segmentWords(index))) return true
  }
  return false
}

function freedCount(states: readonly CollectionState[]): number {
  return states.reduce((sum, { freedSegments }) => sum + freedSegments.size, 0)
}
