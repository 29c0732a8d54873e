/** Rows in memory alone: what a database without a path uses. Nothing survives `close`. */

import type {
  Allocator,
  RestoreOptions,
  RowSpan,
  SegmentView,
  VectorStore,
  VectorStoreCapabilities,
  VectorStoreStats,
} from '../contract/index.js'
import { StateError } from '../errors.js'
import { LIMITS } from '../limits.js'
import type { Warn } from '../warning.js'
import { RowSlabs } from './row-slabs.js'
import { rowsPerSegmentOf } from './segment-layout.js'

/**
 * What a {@link MemoryVectorStore} is made of.
 *
 * @internal
 */
export interface MemoryVectorStoreOptions {
  readonly allocator: Allocator
  /** Bytes of a row. */
  readonly stride: number
  /** Bytes of a slab, a multiple of 4096. Default 64 MiB. */
  readonly segmentBytes?: number
  readonly warn: Warn
}

/**
 * A store that is as durable as the process. Rows per segment are those of a store on disk.
 *
 * @internal
 */
export class MemoryVectorStore implements VectorStore {
  readonly capabilities: VectorStoreCapabilities = { persistent: false }
  readonly stride: number
  readonly rowsPerSegment: number
  readonly #rows: RowSlabs
  #closed = false

  /** @throws InvalidArgumentError SLUICE_INVALID_ARGUMENT for a stride that does not fit */
  constructor(options: MemoryVectorStoreOptions) {
    const { allocator, stride, segmentBytes = LIMITS.segmentBytesDefault, warn } = options
    this.stride = stride
    this.rowsPerSegment = rowsPerSegmentOf(segmentBytes, stride)
    const layout = { segmentBytes, stride, rowsPerSegment: this.rowsPerSegment, headerBytes: 0 }
    this.#rows = new RowSlabs(allocator, layout, warn)
  }

  get rowCount(): number {
    return this.#rows.rowCount
  }

  async claim(rowCount: number): Promise<readonly RowSpan[]> {
    this.#checkOpen()
    return this.#rows.claim(rowCount)
  }

  seal(toRow: number): void {
    this.#checkOpen()
    this.#rows.seal(toRow)
  }

  async flush(toRow: number): Promise<void> {
    this.#checkOpen()
    this.#rows.checkSealed(toRow)
  }

  rewind(rowCount: number): void {
    this.#checkOpen()
    this.#rows.rewind(rowCount)
  }

  /** There is nothing to bring back: every row reads as zero. */
  async restore(rowCount: number, options: RestoreOptions = {}): Promise<void> {
    this.#checkOpen()
    const { freedSegments, onProgress } = options
    this.#rows.restore(rowCount, freedSegments)
    let bytes = 0
    for (let index = 0; index * this.rowsPerSegment < rowCount; index += 1) {
      if (this.#rows.isFreed(index)) continue
      const view = this.#rows.segment(index)
      view.bytes.fill(0)
      bytes += Math.min(rowCount - view.rowBase, view.rowCapacity) * this.stride
      onProgress?.(bytes)
    }
  }

  segment(index: number): SegmentView {
    this.#checkOpen()
    return this.#rows.segment(index)
  }

  freeSegmentMemory(index: number): void {
    this.#checkOpen()
    this.#rows.free(index)
  }

  async freeSegmentFile(index: number): Promise<void> {
    this.#checkOpen()
    this.#rows.checkFreed(index)
  }

  segmentFile(): undefined {
    return undefined
  }

  read(rowIds: Uint32Array, out: Uint8Array): void {
    this.#checkOpen()
    this.#rows.read(rowIds, out)
  }

  async reserve(rowCount: number): Promise<void> {
    this.#checkOpen()
    await this.#rows.reserve(rowCount)
  }

  trim(): boolean {
    this.#checkOpen()
    return this.#rows.trim()
  }

  stats(): VectorStoreStats {
    return {
      rowCount: this.rowCount,
      durableRowCount: 0,
      segmentCount: this.#rows.segmentCount,
      memoryBytes: this.#rows.memoryBytes,
      fileBytes: 0,
      directIo: false,
      bytesWritten: 0,
      syncCount: 0,
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#rows.release()
  }

  async destroy(): Promise<void> {
    await this.close()
  }

  #checkOpen(): void {
    if (this.#closed) throw new StateError('SLUICE_CLOSED', 'the vector store was closed')
  }
}
