/**
 * What a checkpoint says: the state of a database at one LSN, except for what is written beside it
 * once and for all, which are raw rows (segments) and per-row columns (column files). Types only.
 */

import type { IdKind } from '../../id-kind.js'
import type { StoredSchema } from '../../schema.js'

/**
 * One segment of a collection.
 *
 * @internal
 */
export interface CheckpointedSegment {
  /** Whether all its rows were dead, so that nothing of it is needed any more. */
  readonly freed: boolean
  /** Its rows below the checkpoint. */
  readonly rowCount: number
  /** crc32c of the packed bytes of those rows. */
  readonly rowsCrc: number
  /** Bytes of its column file that belong to the checkpoint. */
  readonly columnBytes: number
  /** When its newest row was written, in seconds since 1970; 0 where that is not known. */
  readonly writtenSeconds: number
}

/**
 * One collection.
 *
 * @internal
 */
export interface CheckpointedCollection {
  readonly id: number
  readonly name: string
  readonly schema: StoredSchema
  /** Undefined before the first batch. */
  readonly idKind: IdKind | undefined
  /** The id that is assigned next; 0 where callers give the ids. */
  readonly nextId: number
  readonly visibleRows: number
  /** `ceil(visibleRows / rowsPerSegment)` of them. */
  readonly segments: readonly CheckpointedSegment[]
  /**
   * When rows within segments were written, in pairs: the row behind the last one of a stretch, and
   * seconds since 1970. Both rise, the rows strictly.
   */
  readonly times: Uint32Array
  /**
   * Alive bits of a segment that was not freed: bit `i & 31` of word `i >>> 5` is its row i.
   * `ceil(rowCount / 32)` words, zero past the last row.
   */
  aliveWords(index: number): Uint32Array
}

/**
 * A checkpoint.
 *
 * @internal
 */
export interface Checkpoint {
  /** 1, 2, 3 and so on: the name of its file. */
  readonly number: number
  /** The last record it contains. */
  readonly lsn: bigint
  /** The highest epoch so far. */
  readonly epoch: number
  /** Above every collection id ever used. */
  readonly nextCollectionId: number
  /** In the order of creation. */
  readonly collections: readonly CheckpointedCollection[]
}
