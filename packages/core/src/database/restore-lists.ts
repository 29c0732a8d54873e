/** Gives collections that were opened the lists that they had. */

import { throwIfAborted } from '../abort.js'
import type { CollectionState } from '../collection/collection-state.js'
import type { CollectionFactory } from './collection-factory.js'

/**
 * Reads the lists of collections whose rows are all there; where that fails there is a warning.
 *
 * @param lastLsn - the last record that was applied
 * @throws AbortError; StorageError when a damaged file cannot be removed
 * @internal
 */
export async function restoreLists(
  states: readonly CollectionState[],
  {
    factory,
    lastLsn,
    signal,
  }: {
    readonly factory: CollectionFactory
    readonly lastLsn: bigint
    readonly signal: AbortSignal | undefined
  },
): Promise<void> {
  for (const state of states) {
    throwIfAborted(signal, 'opening')
    const { visibleRows: rowCount, alive } = state
    const aliveMask = (): Uint32Array | undefined => alive.snapshot().mask()
    const set = await factory.listFile(state)?.load({ rowCount, lastLsn, aliveMask })
    if (set) state.codes?.adopt(set)
  }
}
