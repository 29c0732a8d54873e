/**
 * Rows that kernels are timed on, in the caches or not. Those that are not are so many that a chunk
 * has left the caches when its turn comes again.
 */

import { type Dtype, strideOf } from '@sluice/core'
import { RowGenerator } from '../vectors/generate.js'
import { Random } from '../vectors/random.js'

/** In the second-level cache of every current machine, and too many for the first. */
const CACHE_BYTES = 192 * 1024
/** What one call reads of rows in memory. */
const CHUNK_BYTES = 4 * 1024 * 1024
/** Rows that are picked for a call. */
const PICKED_ROWS = 1024

/**
 * Rows and what calls pick of them.
 *
 * @internal
 */
export class RowSet {
  readonly dtype: Dtype
  readonly dimension: number
  /** Bytes of a row. */
  readonly stride: number
  /** Packed rows. */
  readonly bytes: Uint8Array
  readonly rowCount: number
  /** Consecutive rows of one call. */
  readonly chunkRows: number
  readonly #random = new Random(7)
  #next = 0

  /**
   * @param bytes - whole packed rows
   * @param chunkBytes - about how much a call reads
   */
  constructor(shape: Pick<RowSet, 'dtype' | 'dimension'>, bytes: Uint8Array, chunkBytes: number) {
    this.dtype = shape.dtype
    this.dimension = shape.dimension
    this.stride = strideOf(shape.dtype, shape.dimension)
    this.rowCount = Math.floor(bytes.byteLength / this.stride)
    this.bytes = bytes.subarray(0, this.rowCount * this.stride)
    this.chunkRows = Math.min(this.rowCount, Math.max(1, Math.floor(chunkBytes / this.stride)))
  }

  /** The first row of the next chunk; chunks take turns. */
  nextChunk(): number {
    const from = this.#next
    const after = from + this.chunkRows
    this.#next = after + this.chunkRows <= this.rowCount ? after : 0
    return from
  }

  /** The bytes of the next chunk. */
  nextBytes(): Uint8Array {
    const from = this.nextChunk()
    return this.bytes.subarray(from * this.stride, (from + this.chunkRows) * this.stride)
  }

  /** The bytes of one row. */
  row(index: number): Uint8Array {
    return this.bytes.subarray(index * this.stride, (index + 1) * this.stride)
  }

  /** Numbers of rows in no order. */
  pickRows(): Uint32Array {
    return Uint32Array.from({ length: PICKED_ROWS }, () => this.#random.below(this.rowCount))
  }
}

/**
 * Generated rows that stay in the caches.
 *
 * @internal
 */
export function rowsInCache(dtype: Dtype, dimension: number): RowSet {
  const generator = new RowGenerator({ dtype, dimension, seed: 1 })
  const rowCount = Math.max(1, Math.floor(CACHE_BYTES / generator.stride))
  const bytes = new Uint8Array(rowCount * generator.stride)
  generator.fill(bytes)
  return new RowSet({ dtype, dimension }, bytes, bytes.byteLength)
}

/**
 * The same rows over and over, in memory.
 *
 * @param rows - in the cache
 * @param memory - overwritten; at least as large as the rows
 * @internal
 */
export function rowsInMemory(rows: RowSet, memory: Uint8Array): RowSet {
  const size = rows.bytes.byteLength
  for (let at = 0; at < memory.byteLength; at += size) {
    memory.set(rows.bytes.subarray(0, Math.min(size, memory.byteLength - at)), at)
  }
  return new RowSet(rows, memory, CHUNK_BYTES)
}
