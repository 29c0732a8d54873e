/**
 * Everything that is written, made before the clock starts: a ring of generated rows, larger than
 * the caches, that the batches go around as often as needed; ids; metadata; queries. Row r of the
 * stream is row `r % ringRows` of the ring, so rows recur where the stream is longer than the ring.
 */

import {
  type Batch,
  type Dtype,
  type IdsInput,
  type Metadata,
  strideOf,
  type VectorId,
} from '@sluice/core'
import { RowGenerator } from './generate.js'
import { typedView } from './typed-view.js'

/**
 * A batch of any dtype.
 *
 * @internal
 */
export type AnyBatch = Batch<Metadata, VectorId, Dtype>

/** Bytes of the ring when the stream is longer: many times the caches. */
const RING_BYTES = 256 * 1024 * 1024

/**
 * The forms of ids: given by the collection, numbers, strings.
 *
 * @internal
 */
export const ID_FORMS = ['assigned', 'u64', 'string'] as const

/**
 * A form of ids.
 *
 * @internal
 */
export type IdForm = (typeof ID_FORMS)[number]

/**
 * The forms of metadata: none, or an object of a short text and the number of the row.
 *
 * @internal
 */
export const METADATA_FORMS = ['none', 'small'] as const

/**
 * A form of metadata.
 *
 * @internal
 */
export type MetadataForm = (typeof METADATA_FORMS)[number]

/**
 * What is written.
 *
 * @internal
 */
export interface WorkloadShape {
  readonly dtype: Dtype
  readonly dimension: number
  readonly rowCount: number
  /** Rows per batch. */
  readonly batchRows: number
  readonly ids: IdForm
  /** Left out: none. */
  readonly metadata?: MetadataForm
  readonly seed: number
  /**
   * How many ids there are. They come around again after that, so that every further row replaces
   * the oldest one alive. Left out: one per row. Assigned ids never recur.
   */
  readonly idCount?: number
}

/**
 * Rows and queries that are there already.
 *
 * @internal
 */
export interface GivenVectors {
  /** Packed, as many as the stream is long, or fewer that recur: see `ringRows`. */
  readonly rows: Uint8Array
  /**
   * Rows after which they recur, where the stream is longer. Behind them lie copies of the first
   * ones, one fewer than a batch has. Left out: as many as the stream is long.
   */
  readonly ringRows?: number
  /** Packed. */
  readonly queries: Uint8Array
}

/**
 * Rows, ids and queries.
 *
 * @internal
 */
export class Workload {
  readonly shape: WorkloadShape
  /** Bytes of a row. */
  readonly stride: number
  /** Packed rows that differ from each other. */
  readonly ring: Uint8Array
  readonly ringRows: number
  /** Packed queries, of the rows' distribution. */
  readonly queries: Uint8Array
  /** In the order of the stream. */
  readonly batches: readonly AnyBatch[]

  /**
   * @param shape - of the stream
   * @param vectors - how many queries to generate, or vectors to use instead of generated ones
   * @param ringBytes - of the ring, at most; of no account where vectors are given
   */
  constructor(
    shape: WorkloadShape,
    vectors: number | GivenVectors,
    ringBytes: number = RING_BYTES,
  ) {
    const { dtype, dimension, rowCount, batchRows } = shape
    this.shape = shape
    this.stride = strideOf(dtype, dimension)
    const ringBatches = Math.max(1, Math.floor(ringBytes / this.stride / batchRows))
    const given = typeof vectors === 'object'
    const ringRows = given ? (vectors.ringRows ?? rowCount) : ringBatches * batchRows
    this.ringRows = Math.min(rowCount, ringRows)
    const { rows, queries } = given ? vectors : this.#generate(vectors)
    this.ring = rows
    this.queries = queries
    this.batches = Array.from({ length: Math.ceil(rowCount / batchRows) }, (_, index) =>
      this.#batch(index * batchRows),
    )
  }

  /** Bytes of all rows. */
  get byteLength(): number {
    return this.shape.rowCount * this.stride
  }

  /** Ids, and so rows that are alive at the end. */
  get idCount(): number {
    return Math.min(this.shape.idCount ?? Number.POSITIVE_INFINITY, this.shape.rowCount)
  }

  /** The row of the stream that has an id at the end. */
  rowOf(id: VectorId): number {
    const number = typeof id === 'string' ? Number(id.slice(STRING_PREFIX.length)) : Number(id) - 1
    const { idCount } = this
    const last = this.shape.rowCount - 1
    if (!(number >= 0 && number < idCount)) return Number.NaN
    return number + Math.floor((last - number) / idCount) * idCount
  }

  /** The id of a row of the stream. */
  idOf(row: number): VectorId {
    const number = row % this.idCount
    return this.shape.ids === 'string' ? `${STRING_PREFIX}${number}` : BigInt(number + 1)
  }

  /** The bytes of a row of the stream. */
  bytesOf(row: number): Uint8Array {
    const offset = (row % this.ringRows) * this.stride
    return this.ring.subarray(offset, offset + this.stride)
  }

  #generate(queryCount: number): GivenVectors {
    const generator = new RowGenerator(this.shape)
    const rows = new Uint8Array(this.ringRows * this.stride)
    const queries = new Uint8Array(queryCount * this.stride)
    generator.fill(queries)
    generator.fill(rows)
    return { rows, queries }
  }

  #batch(from: number): AnyBatch {
    const { dtype, rowCount, batchRows } = this.shape
    const rows = Math.min(batchRows, rowCount - from)
    const offset = (from % this.ringRows) * this.stride
    const vectors = typedView(dtype, this.ring.subarray(offset, offset + rows * this.stride))
    const ids = this.#ids(from, rows)
    return {
      vectors,
      ...(ids ? { ids } : {}),
      ...(this.shape.metadata === 'small' ? { metadata: smallMetadata(from, rows) } : {}),
    }
  }

  #ids(from: number, rows: number): IdsInput | undefined {
    if (this.shape.ids === 'assigned') return undefined
    const ids = Array.from({ length: rows }, (_, i) => this.idOf(from + i))
    return this.shape.ids === 'u64' ? BigUint64Array.from(ids as bigint[]) : (ids as string[])
  }
}

const STRING_PREFIX = 'row-'

function smallMetadata(from: number, rows: number): Metadata[] {
  return Array.from({ length: rows }, (_, i) => ({ lang: 'en', n: from + i }))
}
