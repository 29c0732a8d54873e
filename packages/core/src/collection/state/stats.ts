/** What a collection holds, in rows and bytes. */

import type { VectorStoreStats } from '../../contract/index.js'
import type { IdKind } from '../../id-kind.js'
import type { IndexStats } from '../../index/code-view.js'
import type { StoredSchema } from '../../schema.js'
import type { CollectionState } from './collection-state.js'

/**
 * Counts and sizes of one collection.
 *
 * @public
 */
export interface CollectionStats {
  /** The schema, complete. */
  readonly schema: StoredSchema
  /** What names rows; undefined before the first batch. */
  readonly idKind: IdKind | undefined
  /** Rows that searches see. */
  readonly rows: number
  /** Rows deleted, replaced or evicted whose space is still taken. */
  readonly deadRows: number
  /** Rows that `retention` has taken away since opening. */
  readonly evictedRows: number
  /** Bytes of memory of the id index. */
  readonly idBytes: number
  /** Bytes of memory of metadata. */
  readonly metadataBytes: number
  /** What the index holds; all 0 where searches compare every row. */
  readonly index: IndexStats
  /** Where the vectors are. */
  readonly vectors: VectorStoreStats
}

/**
 * Counts and sizes of a collection, now.
 *
 * @internal
 */
export function collectionStats(state: CollectionState): CollectionStats {
  const rows = state.alive.aliveCount
  const freedRows = state.freedSegments.size * state.store.rowsPerSegment
  return {
    schema: state.schema,
    idKind: state.ids?.kind,
    rows,
    deadRows: state.visibleRows - freedRows - rows,
    evictedRows: state.evictedRows,
    idBytes: state.ids?.byteLength ?? 0,
    metadataBytes: state.metadata.byteLength,
    index: state.codes?.stats() ?? { encodedRows: 0, listedRows: 0, lists: 0, memoryBytes: 0 },
    vectors: state.store.stats(),
  }
}
