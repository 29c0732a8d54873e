/** What a collection is: fixed at creation, stored in the log, checked at every opening. */

import type { Dtype } from './dtype.js'
import type { Metric } from './metric.js'

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
}

/**
 * A schema with every default filled in.
 *
 * @public
 */
export type StoredSchema = Required<CollectionSchema>
