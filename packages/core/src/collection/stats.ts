/** What a collection holds, in rows and bytes. */

import type { VectorStoreStats } from '../contract/index.js'
import type { IdKind } from '../id-batch.js'
import type { StoredSchema } from '../schema.js'
import type { CollectionState } from './collection-state.js'

/**
 * Counts and sizes of one collection.
 *
 * @public
 */
export interface CollectionStats {
  readonly schema: StoredSchema
  readonly idKind: IdKind | undefined
  /** Rows that searches see. */
  readonly rows: number
  /** Rows deleted or replaced whose space is still taken. */
  readonly deadRows: number
  readonly idBytes: number
  readonly metadataBytes: number
  readonly vectors: VectorStoreStats
}

/**
 * Counts and sizes of a collection, now.
 *
 * @internal
 */
export function collectionStats(state: CollectionState): CollectionStats {
  const rows = state.alive.aliveCount
  return {
    schema: state.schema,
    idKind: state.ids?.kind,
    rows,
    deadRows: state.visibleRows - rows,
    idBytes: state.ids?.byteLength ?? 0,
    metadataBytes: state.metadata.byteLength,
    vectors: state.store.stats(),
  }
}
