/** What a collection has its index do, beside all else or when somebody asks. */

import { throwIfAborted } from '../abort.js'
import type { IndexedCollection } from '../index/maintained-index.js'
import type { RowQuery } from '../search/search-query.js'
import type { CheckedOptimizeOptions } from './input/check-arguments.js'
import type { CollectionState } from './state/collection-state.js'

/**
 * What the work needs of the database.
 *
 * @internal
 */
export interface IndexWorkServices {
  /** Fires when the database begins to close. */
  readonly closing: AbortSignal
  /** Throws when the database is closed. */
  check(): void
  /** Runs an operation that closing waits for. */
  run<T>(operation: () => Promise<T>): Promise<T>
  /** Told when the index of a collection may have other lists. */
  onIndexed(state: CollectionState): void
}

/**
 * Has the index do what there is to do in the background: encode rows, make lists.
 *
 * @internal
 */
export function maintainIndex(state: CollectionState, services: IndexWorkServices): void {
  const { codes, visibleRows } = state
  const { closing } = services
  if (codes === undefined || visibleRows === 0 || closing.aborted) return
  const work = codes.maintain(indexedCollection(state), closing)
  if (work === undefined) return
  void services.run(async () => {
    await work
    services.onIndexed(state)
  })
}

/**
 * Lets the index learn from a query, unless the search is exact.
 *
 * @internal
 */
export function noteQuery(
  state: CollectionState,
  services: IndexWorkServices,
  { vector, recall }: Pick<RowQuery, 'vector' | 'recall'>,
): void {
  if (recall !== undefined && state.codes?.noteQuery(vector)) maintainIndex(state, services)
}

/**
 * Puts all rows into the best lists.
 *
 * @throws AbortError; `SLUICE_LIMIT_EXCEEDED` when there is no memory, `SLUICE_CLOSED` and
 * `SLUICE_NOT_FOUND` when the database or the collection goes meanwhile
 * @internal
 */
export async function optimizeIndex(
  state: CollectionState,
  services: IndexWorkServices,
  { signal, onProgress }: CheckedOptimizeOptions,
): Promise<void> {
  throwIfAborted(signal, 'the optimization')
  const signals = [services.closing, ...(signal ? [signal] : [])]
  const watch = { signal: AbortSignal.any(signals), onProgress }
  try {
    await state.codes?.optimize(indexedCollection(state), watch)
    services.onIndexed(state)
  } catch (error) {
    throwIfAborted(signal, 'the optimization')
    services.closing.throwIfAborted()
    state.checkNotDropped()
    throw error
  } finally {
    // Rows may have come in meanwhile.
    if (!state.isDropped) maintainIndex(state, services)
  }
}

function indexedCollection(state: CollectionState): IndexedCollection {
  return {
    rows: () => ({ visibleRows: state.visibleRows, aliveRows: state.alive.aliveCount }),
    aliveMask: () => state.alive.snapshot().rowMask(),
    pin: () => state.reads.enter(),
  }
}
