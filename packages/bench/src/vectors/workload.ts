/**
 * Everything that is written, made before the clock starts: a ring of generated rows, larger than
 * the caches, that the batches go around as often as needed; ids; queries. Row r of the stream is
 * row `r % ringRows` of the ring, so rows recur where the stream is longer than the ring.
 */

import { type Batch, type Dtype, type IdsInput, strideOf, type VectorId } from '@sluice/core'
import { RowGenerator } from './generate.js'
import { typedView } from './typed-view.js'

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
  readonly seed: number
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
  readonly batches: readonly Batch[]

  constructor(shape: WorkloadShape, queryCount: number, ringBytes: number = RING_BYTES) {
    const { dtype, dimension, rowCount, batchRows, seed } = shape
    this.shape = shape
    this.stride = strideOf(dtype, dimension)
    const ringBatches = Math.max(1, Math.floor(ringBytes / this.stride / batchRows))
    this.ringRows = Math.min(rowCount, ringBatches * batchRows)
    this.ring = new Uint8Array(this.ringRows * this.stride)
    this.queries = new Uint8Array(queryCount * this.stride)
    const generator = new RowGenerator({ dtype, dimension, seed })
    generator.fill(this.queries)
    generator.fill(this.ring)
    this.batches = Array.from({ length: Math.ceil(rowCount / batchRows) }, (_, index) =>
      this.#batch(index * batchRows),
    )
  }

  /** Bytes of all rows. */
  get byteLength(): number {
    return this.shape.rowCount * this.stride
  }

  /** The row of the stream that has an id. */
  rowOf(id: VectorId): number {
    if (typeof id === 'string') return Number(id.slice(STRING_PREFIX.length))
    return Number(id) - 1
  }

  #batch(from: number): Batch {
    const { dtype, rowCount, batchRows } = this.shape
    const rows = Math.min(batchRows, rowCount - from)
    const offset = (from % this.ringRows) * this.stride
    const vectors = typedView(dtype, this.ring.subarray(offset, offset + rows * this.stride))
    const ids = this.#ids(from, rows)
    return ids ? { ids, vectors } : { vectors }
  }

  #ids(from: number, rows: number): IdsInput | undefined {
    if (this.shape.ids === 'assigned') return undefined
    if (this.shape.ids === 'u64') {
      return BigUint64Array.from({ length: rows }, (_, i) => BigInt(from + i + 1))
    }
    return Array.from({ length: rows }, (_, i) => `${STRING_PREFIX}${from + i}`)
  }
}

const STRING_PREFIX = 'row-'
