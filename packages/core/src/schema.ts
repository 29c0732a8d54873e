/** What a collection is: fixed at creation, stored in the log, checked at every opening. */

import type { Dtype } from './dtype.js'
import type { Metric } from './metric.js'

/**
 * How rows are found: `codes` holds a bit per dimension of each row, in lists of near rows once
 * there are many, and compares exactly what they cannot rule out; `flat` compares every row.
 *
 * @public
 */
export type IndexType = 'codes' | 'flat'

/**
 * The index of a collection.
 *
 * @public
 */
export interface IndexSchema {
  /** How rows are found. */
  readonly type: IndexType
}

/**
 * All index types.
 *
 * @internal
 */
export const INDEX_TYPES: readonly IndexType[] = ['codes', 'flat']

/**
 * The schema of a collection.
 *
 * @public
 */
export interface CollectionSchema {
  /** Dimensions of a vector: 1 to `LIMITS.dimensionMax`. For complex dtypes, complex numbers. */
  readonly dimension: number
  /** Element type. Default `float32`. */
  readonly dtype?: Dtype
  /** How vectors are compared. Default `cosine`, or `hamming` for dtype `bit`. */
  readonly metric?: Metric
  /**
   * Bytes of a segment file and its slab: a power of two. Default 64 MiB. A collection takes at
   * least one slab of `memoryBytesMax`, so choose less where there are hundreds of small ones.
   */
  readonly segmentBytes?: number
  /**
   * How rows are found. Default `{ type: 'codes' }`: memory of a few percent of the rows, and
   * answers with the recall that a search asks for. Rows are compared exactly where codes would not
   * help: below 1,024 rows, for rows not four times as long as a code, and for dtype `bit`.
   */
  readonly index?: IndexSchema
}

/**
 * A schema with every default filled in.
 *
 * @public
 */
export type StoredSchema = Required<CollectionSchema>
