/**
 * What searches of a collection see from one moment on. It must be ended: until then no memory goes
 * that they look at, on whatever thread.
 */

import type { RowMask } from '../../row-mask.js'
import { memoryOf, type SearchMemory } from '../../search/many/search-memory.js'
import type { SearchView } from '../../search/search-view.js'
import type { CollectionState } from '../state/collection-state.js'

/**
 * Rows as they were at one moment.
 *
 * @internal
 */
export interface SearchSnapshot {
  readonly view: SearchView
  /** Where they lie, for queries of one kind. */
  memory(query: { readonly recall: number | undefined; readonly k: number }): SearchMemory
  /** To be called once. */
  end(): void
}

/**
 * The rows of a collection as they are now.
 *
 * @param usesIndex - whether searches may leave out rows that the index rules out
 * @internal
 */
export function snapshotRows(state: CollectionState, usesIndex: boolean): SearchSnapshot {
  const { store, schema, visibleRows } = state
  const { dtype, dimension, metric } = schema
  const alive = state.alive.snapshot()
  const leaves = [state.reads.enter(), state.searches.enter()]
  const codes = usesIndex ? state.codes?.view(visibleRows, alive.aliveCount) : undefined
  const view = {
    store,
    dtype,
    dimension,
    metric,
    visibleRows,
    firstRow: alive.firstRow,
    aliveWords: (segment: number): Uint32Array => alive.segmentWords(segment),
    aliveMask: (): RowMask => alive.rowMask(),
    codes,
  }
  return {
    view,
    memory: (query) => memoryOf(view, codes, query),
    end: () => {
      codes?.end()
      for (const leave of leaves) leave()
    },
  }
}
