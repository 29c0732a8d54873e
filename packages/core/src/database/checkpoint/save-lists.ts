/** Writes the lists of collections that are not in their files yet, beside a checkpoint. */

import type { CollectionFactory } from '../collection-factory.js'
import type { Capture, CapturedCollection } from './capture.js'

/**
 * Writes the lists that there were when a checkpoint was captured, one collection after the other:
 * everything that those were made of, rows and deaths, is durable. Lists that have been replaced
 * meanwhile are passed over; the next checkpoint has those in their place. Never throws.
 *
 * @internal
 */
export async function saveLists(capture: Capture, factory: CollectionFactory): Promise<void> {
  for (const captured of capture.collections) await saveListsOf(captured, capture.lsn, factory)
}

async function saveListsOf(
  { state, lists }: CapturedCollection,
  lsn: bigint,
  factory: CollectionFactory,
): Promise<void> {
  const file = factory.listFile(state)
  if (file === undefined || lists === undefined || file.has(lists)) return
  // A drop waits for its turn to remove the files.
  await state.fileTurns.run(async () => {
    if (state.isDropped || state.codes?.set !== lists) return
    await file.save(lists, lsn)
  })
}
