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
 * How long rows are kept in a capped collection: what is over a bound goes by itself, oldest rows
 * first, and is neither counted nor found any more. Rows go in steps, so there may be a sixteenth
 * more of them than a bound allows, or a segment where that is less. Rows count as they are
 * written: one that was deleted or replaced counts on, and the new row of an updated id is a new
 * row. Memory and files come back once all rows of a segment have gone. At least one bound is
 * given; where there are several, each of them holds.
 *
 * @public
 */
export interface RetentionSchema {
  /**
   * The last so many rows are kept: 1 to `LIMITS.rowsPerCollectionMax`. The write that is one too
   * many resolves when the oldest have gone; those of writes at the same time may go with the next.
   */
  readonly rowsMax?: number
  /** The last so many bytes of raw vector data are kept; see `rowsMax`. */
  readonly bytesMax?: number
  /**
   * Rows are kept for so many milliseconds after they were written, by the clock of the system, and
   * go a sixteenth of that later at most, whether anybody writes or not. Times are stored in whole
   * seconds: rows from before an opening may stay a second longer.
   */
  readonly ttlMs?: number
}

/**
 * The schema of a collection.
 *
 * @typeParam D - the element type
 * @public
 */
export interface CollectionSchema<D extends Dtype = Dtype> {
  /** Dimensions of a vector: 1 to `LIMITS.dimensionMax`. For complex dtypes, complex numbers. */
  readonly dimension: number
  /** Element type. Default `float32`. */
  readonly dtype?: D
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
  /**
   * How long rows are kept; left out, for ever. Not part of what rows look like: opening the
   * collection with another one changes it, and resolves when the rows have gone that it does not
   * keep; `null` takes it away.
   */
  readonly retention?: RetentionSchema | null
}

/**
 * A schema with every default filled in; `retention` is there where rows do not stay for ever.
 *
 * @typeParam D - the element type
 * @public
 */
export type StoredSchema<D extends Dtype = Dtype> = Required<
  Omit<CollectionSchema<D>, 'retention'>
> & {
  /** How long rows are kept. */
  readonly retention?: RetentionSchema
}
