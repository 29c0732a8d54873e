/**
 * Memory that nobody needs, for a write that would be refused otherwise: slabs taken ahead of need,
 * then segments whose rows are all dead, which a checkpoint gives back, then codes, without which
 * searches are slower and no more.
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { CollectionState } from '../collection/state/collection-state.js'
import { deadSegments } from '../collection/state/dead-segments.js'
import type { Checkpointer } from './checkpoint/checkpointer.js'

/** How long a write waits for reads that hold memory. */
const READS_MS_MAX = 2000

/**
 * Gives back memory that is not needed. Takes no turn of a collection and is not admitted itself,
 * so that a waiting write can ask for it.
 *
 * @param byteLength - what is missing
 * @returns whether there was any
 * @throws StorageError when the checkpoint fails
 * @internal
 */
export async function reclaimMemory(
  states: readonly CollectionState[],
  checkpointer: Checkpointer,
  byteLength: number,
): Promise<boolean> {
  const living = states.filter(({ isDropped }) => !isDropped)
  if (living.filter(({ store }) => store.trim()).length > 0) return true
  for (const { codes } of living) codes?.yield()
  if (await freeDeadSegments(living, checkpointer)) return true
  if (!trimCodes(living, byteLength)) return false
  // Codes that a search looks at, or a thread writes, go when it has ended.
  const ends = living.flatMap(({ searches, codes }) => [searches.whenQuiet(), codes?.whenQuiet()])
  await inTime(Promise.all(ends))
  return true
}

async function freeDeadSegments(
  living: readonly CollectionState[],
  checkpointer: Checkpointer,
): Promise<boolean> {
  const dead = living.flatMap((state) => deadSegments(state).map((index) => ({ state, index })))
  if (dead.length === 0) return false
  const before = freedCount(living)
  if (!dead.every(({ state, index }) => checkpointer.isFreeing(state, index))) {
    await checkpointer.run()
  }
  await inTime(checkpointer.whenFreed())
  return freedCount(living) > before
}

/** Memory goes when reads under way have ended; one that never does must not hold up writers. */
async function inTime(ended: Promise<unknown>): Promise<void> {
  const gaveUp = new AbortController()
  const timeout = delay(READS_MS_MAX, undefined, { signal: gaveUp.signal, ref: false })
  await Promise.race([ended, timeout.catch(() => undefined)])
  gaveUp.abort()
}

/** Gives codes back where that is enough: of the largest indexes, and no more than needed. */
function trimCodes(living: readonly CollectionState[], byteLength: number): boolean {
  const bytesOf = ({ codes }: CollectionState): number => codes?.stats().memoryBytes ?? 0
  const total = (): number => living.reduce((sum, state) => sum + bytesOf(state), 0)
  const before = total()
  if (before < byteLength) return false
  for (const { codes } of [...living].sort((a, b) => bytesOf(b) - bytesOf(a))) {
    while (before - total() < byteLength && codes?.trim());
  }
  return true
}

function freedCount(states: readonly CollectionState[]): number {
  return states.reduce((sum, { freedSegments }) => sum + freedSegments.size, 0)
}
