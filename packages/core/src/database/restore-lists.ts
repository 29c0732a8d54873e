/** Gives collections that were opened the lists that they had. */

import { throwIfAborted } from '../abort.js'
import type { CollectionState } from '../collection/state/collection-state.js'
import type { RowMask } from '../row-mask.js'
import type { CollectionFactory } from './collection-factory.js'
import type { Recovered } from './recovery.js'

/**
 * Reads the lists of collections whose rows are all there; where that fails there is a warning.
 *
 * @throws AbortError; StorageError when a damaged file cannot be removed. All that was recovered is
 * given back then
 * @internal
 */
export async function restoreLists(
  { states, lastLsn }: Pick<Recovered, 'states' | 'lastLsn'>,
  options: { readonly factory: CollectionFactory; readonly signal: AbortSignal | undefined },
): Promise<void> {
  try {
    for (const state of states) {
      throwIfAborted(options.signal, 'opening')
      await restoreListsOf(state, lastLsn, options.factory)
    }
  } catch (error) {
    for (const state of states) {
      state.release()
      await state.store.close()
    }
    throw error
  }
}

async function restoreListsOf(
  state: CollectionState,
  lastLsn: bigint,
  factory: CollectionFactory,
): Promise<void> {
  const { visibleRows: rowCount, alive, codes } = state
  const aliveMask = (): RowMask => alive.snapshot().rowMask()
  const set = await factory.listFile(state)?.load({ rowCount, lastLsn, aliveMask })
  if (set) codes?.adopt(set)
}
