/** What goes into a collection and what comes out of it: the types of its public methods. */

import type { Durability } from '../contract/index.js'
import type { Dtype, VectorData } from '../dtype.js'
import type { Metadata, VectorId } from '../row.js'

/**
 * Ids as they may be given: unsigned 64-bit integers (`number` up to 2^53 - 1), or non-empty
 * strings of at most `LIMITS.stringIdBytesMax` UTF-8 bytes. One kind per collection.
 *
 * @typeParam Id - what rows are called
 * @public
 */
export type IdsInput<Id extends VectorId = VectorId> = Id extends string
  ? readonly Id[]
  : readonly bigint[] | readonly number[] | readonly (bigint | number)[] | BigUint64Array

/**
 * The typed arrays that carry vectors of a dtype into a collection: its own; for `float16` and
 * `bfloat16` also those of numbers, which are rounded to nearest even.
 *
 * @typeParam D - the element type
 * @public
 */
export type VectorDataInput<D extends Dtype> = D extends 'float16' | 'bfloat16'
  ? VectorData<D> | Float32Array | Float64Array
  : VectorData<D>

/**
 * A vector as an array of numbers; of bigints too, for 64-bit integers.
 *
 * @typeParam D - the element type
 * @public
 */
export type NumbersInput<D extends Dtype> = D extends 'int64' | 'uint64'
  ? readonly (bigint | number)[]
  : readonly number[]

/**
 * Vectors as they may be given: a typed array of the collection's dtype with
 * `rows * elementsPerRow(dtype, dimension)` elements, row-major, read in place (the fast path);
 * or one array of numbers, or typed array of the dtype, per row. `float16` and `bfloat16` also take
 * Float32Array and Float64Array, rounded to nearest even. Complex numbers are given as their real
 * and imaginary parts, in turn; bits as bytes of eight, the first dimension in the highest bit, a
 * row in bytes of its own, the bits left over in the last one zero (arrays of numbers: 0 or 1 for
 * each dimension).
 *
 * @typeParam D - the element type
 * @public
 */
export type VectorsInput<D extends Dtype = 'float32'> =
  | VectorDataInput<D>
  | readonly (NumbersInput<D> | VectorDataInput<D>)[]

/**
 * Rows to write. All or nothing: a batch is visible, and survives, as a whole or not at all.
 *
 * @typeParam M - metadata of a row
 * @typeParam Id - what rows are called
 * @typeParam D - the element type, as in schemas `float32` where nothing is said
 * @public
 */
export interface Batch<
  M extends object = Metadata,
  Id extends VectorId = VectorId,
  D extends Dtype = 'float32',
> {
  /** One id per row; left out, the collection assigns 1, 2, 3, … */
  readonly ids?: IdsInput<Id>
  /** One vector per row. */
  readonly vectors: VectorsInput<D>
  /** One object, null or undefined per row. */
  readonly metadata?: readonly (M | null | undefined)[]
}

/**
 * How a write is to be done.
 *
 * @public
 */
export interface WriteOptions {
  /** What must be true when the call resolves. Default: that of the database. */
  readonly durability?: Durability
  /**
   * Gives up waiting. Before the write is submitted nothing happens at all; afterwards it goes
   * on, and the error's `details.applied` is true.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * The outcome of an `add` or `upsert`.
 *
 * @public
 */
export interface WriteResult {
  /** Rows written. */
  readonly rows: number
  /** Rows whose id was new. */
  readonly inserted: number
  /** Rows that replaced another. */
  readonly updated: number
  /** The record of this write in the log; 0 when there was nothing to write. */
  readonly lsn: bigint
  /** The first of `rows` consecutive ids, where the collection assigned them. */
  readonly firstId?: bigint
}

/**
 * The outcome of a `delete`.
 *
 * @public
 */
export interface DeleteResult {
  /** Rows removed; ids that named nothing are not counted. */
  readonly deleted: number
  /** The record of this write in the log; 0 when there was nothing to delete. */
  readonly lsn: bigint
}

/**
 * A part of a row that costs something to fetch.
 *
 * @public
 */
export type Include = 'metadata' | 'vector'

/**
 * Which parts of rows to return.
 *
 * @public
 */
export interface ReadOptions {
  /** Default `['metadata']`. */
  readonly include?: readonly Include[]
}

/**
 * A row as it is given back.
 *
 * @typeParam M - metadata of a row
 * @typeParam Id - what rows are called
 * @typeParam D - the element type
 * @public
 */
export interface Row<
  M extends object = Metadata,
  Id extends VectorId = VectorId,
  D extends Dtype = Dtype,
> {
  /** What the row is called. */
  readonly id: Id
  /** Present when asked for and stored with the row. */
  readonly metadata?: M
  /** Present when asked for: a copy, in the dtype's typed array. */
  readonly vector?: VectorData<D>
}

/**
 * How rows are walked through.
 *
 * @typeParam Id - what rows are called
 * @public
 */
export interface IterateOptions<Id extends VectorId = VectorId> extends ReadOptions {
  /** Continue after the row with this id. */
  readonly after?: Id extends string ? Id : bigint | number
  /** Ends the walk, which rejects with `SLUICE_ABORTED` then. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A query vector: a typed array of the collection's dtype (Float32Array and Float64Array too for
 * `float16` and `bfloat16`), or numbers. It is converted to the dtype before it is compared.
 *
 * @typeParam D - the element type
 * @public
 */
export type QueryVector<D extends Dtype = 'float32'> = VectorDataInput<D> | NumbersInput<D>

/**
 * What searches have in common.
 *
 * @public
 */
export interface SearchSettings extends ReadOptions {
  /** Hits wanted for a query, 1 to `LIMITS.searchKMax`. Default 10. */
  readonly k?: number
  /** Hits must have at least this score. */
  readonly minScore?: number
  /**
   * The share of the true hits to be found: above 0, below 1. Default 0.95. It is a mean over
   * queries like those asked lately, or like the rows as long as there were none: a single search
   * may find less, and so may searches of a new kind until some hundred of them have been seen.
   * `exact` misses nothing. More costs time; where the index cannot save any, every row is
   * compared.
   */
  readonly recall?: number
  /** Whether the answer must be that of comparing every row; goes without `recall`. */
  readonly exact?: boolean
  /** Gives up the search. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A search.
 *
 * @typeParam D - the element type
 * @public
 */
export interface SearchOptions<D extends Dtype = 'float32'> extends SearchSettings {
  /** What to look for. */
  readonly vector: QueryVector<D>
}

/**
 * Many searches that have all but the query in common.
 *
 * @typeParam D - the element type
 * @public
 */
export interface SearchManyOptions<D extends Dtype = 'float32'> extends SearchSettings {
  /**
   * What to look for: one query per row, at most `LIMITS.rowsPerBatchMax`, and `k` times as many at
   * most `LIMITS.searchManyHitsMax`. As in a batch; not to be changed until the search is over.
   */
  readonly vectors: VectorsInput<D>
}

/**
 * How far an `ingest` has come.
 *
 * @public
 */
export interface IngestProgress {
  /** Rows acknowledged. */
  readonly rows: number
  /** Bytes of raw vector data acknowledged. */
  readonly bytes: number
}

/**
 * What `ingest` has written.
 *
 * @public
 */
export interface IngestResult extends WriteResult {
  /** Bytes of raw vector data. */
  readonly bytes: number
}

/**
 * How an `ingest` is to be done.
 *
 * @public
 */
export interface IngestOptions extends WriteOptions {
  /**
   * Called as pieces are acknowledged. An error that it throws ends the ingest, which rejects with
   * it, as it is: no more rows are taken from the source, those under way are written all the same,
   * and further calls tell of them. So the last call says how many rows are written.
   */
  readonly onProgress?: (progress: IngestProgress) => void
}

/**
 * How far an `optimize` has come. Stages follow each other; a stage may have several rounds over
 * the same rows.
 *
 * @public
 */
export interface OptimizeProgress {
  /** Rows are drawn, lists found, rows put into lists, lists written, the recall measured. */
  readonly stage: 'sample' | 'train' | 'assign' | 'write' | 'calibrate'
  /** Rows that the stage has gone through. */
  readonly rowsDone: number
  /** Rows that it will have gone through. */
  readonly rowsTotal: number
}

/**
 * How an `optimize` is to be done.
 *
 * @public
 */
export interface OptimizeOptions {
  /** Called many times a second. */
  readonly onProgress?: (progress: OptimizeProgress) => void
  /** Gives up; the index stays as it was. */
  readonly signal?: AbortSignal | undefined
}
