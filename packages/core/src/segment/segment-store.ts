/**
 * Rows in memory and on disk. A slab is the image of a segment file: rows are filled in place and
 * written from there, past the page cache, without a copy.
 * This class checks arguments and state and divides rows among segments; RowSlabs knows memory,
 * SegmentImages what is written, WriteScheduler when, SegmentFile and SegmentDirectory where.
 */

import type {
  Allocator,
  RestoreOptions,
  RowSpan,
  SegmentView,
  VectorStore,
  VectorStoreCapabilities,
  VectorStoreStats,
} from '../contract/index.js'
import type { Dtype } from '../dtype.js'
import { StateError, StorageError } from '../errors.js'
import { LIMITS } from '../limits.js'
import type { Timings } from '../observe/timings.js'
import { SerialQueue } from '../serial-queue.js'
import type { Warn } from '../warning.js'
import { DirectIo } from './direct-io.js'
import { guardFile } from './guard-file.js'
import { restoreSegments } from './restore-segments.js'
import { RowSlabs } from './row-slabs.js'
import { SegmentDirectory } from './segment-directory.js'
import type { SegmentHeader } from './segment-header.js'
import { SegmentImages } from './segment-images.js'
import { byteOfRow, rowsPerSegmentOf, type SegmentLayout } from './segment-layout.js'
import type { SegmentRecycler } from './segment-recycler.js'
import { WriteScheduler } from './write-scheduler.js'

/**
 * What a {@link SegmentVectorStore} is made of.
 *
 * @internal
 */
export interface SegmentVectorStoreOptions {
  /** Where `segments/` is; made when the first row is written. */
  readonly directory: string
  readonly allocator: Allocator
  readonly dtype: Dtype
  readonly dimension: number
  /** Bytes of a row. */
  readonly stride: number
  /** Bytes of a segment file, a multiple of 4096. Default 64 MiB. */
  readonly segmentBytes?: number
  /** 16 bytes; a file of another database is refused. */
  readonly databaseId: Uint8Array
  /** A file of another collection is refused. */
  readonly collectionId: number
  /** Whether nothing may be written. Rows can be claimed and sealed in memory all the same. */
  readonly readOnly: boolean
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  /** Where files come from and go to. */
  readonly recycler?: SegmentRecycler
  readonly warn: Warn
  readonly timings: Timings
  /** Whether to write past the page cache where the system can. Default true. */
  readonly directIo?: boolean
}

/**
 * A store whose flushed rows survive power loss.
 *
 * @internal
 */
export class SegmentVectorStore implements VectorStore {
  readonly capabilities: VectorStoreCapabilities = { persistent: true }
  readonly stride: number
  readonly rowsPerSegment: number
  readonly #options: SegmentVectorStoreOptions
  readonly #layout: SegmentLayout
  readonly #io: DirectIo
  readonly #directory: SegmentDirectory
  readonly #rows: RowSlabs
  readonly #scheduler = new WriteScheduler()
  /** Makes, reads and frees files, one call at a time. */
  readonly #fileTasks = new SerialQueue()
  readonly #images: SegmentImages
  #closing: Promise<void> | undefined

  /** @throws InvalidArgumentError SLUICE_INVALID_ARGUMENT for a stride that does not fit */
  constructor(options: SegmentVectorStoreOptions) {
    const { directory, allocator, stride, recycler, warn, directIo = true } = options
    const { segmentBytes = LIMITS.segmentBytesDefault } = options
    this.#options = options
    this.stride = stride
    this.rowsPerSegment = rowsPerSegmentOf(segmentBytes, stride)
    const { rowsPerSegment } = this
    this.#layout = { segmentBytes, stride, rowsPerSegment, headerBytes: LIMITS.pageBytes }
    this.#io = new DirectIo({ directIo, warn })
    this.#directory = new SegmentDirectory({ directory, segmentBytes, io: this.#io, recycler })
    this.#rows = new RowSlabs(allocator, this.#layout, warn)
    this.#images = new SegmentImages({
      layout: this.#layout,
      rows: this.#rows,
      directory: this.#directory,
      io: this.#io,
      headerOf: (index) => this.#headerOf(index),
      crc32c: options.crc32c,
      timings: options.timings,
    })
  }

  get rowCount(): number {
    return this.#rows.rowCount
  }

  async claim(rowCount: number): Promise<readonly RowSpan[]> {
    this.#checkOpen()
    this.#checkWhole()
    return this.#rows.claim(rowCount)
  }

  seal(toRow: number): void {
    this.#checkOpen()
    const fromRow = this.#rows.seal(toRow)
    if (this.#options.readOnly) return
    this.#images.visit(fromRow, toRow, (image, toByte) => this.#scheduler.seal(image, toByte))
  }

  async flush(toRow: number): Promise<void> {
    this.#checkOpen()
    this.#rows.checkSealed(toRow)
    if (this.#scheduler.failure !== undefined) throw this.#scheduler.failure
    const durableRow = this.#images.durableRow
    if (toRow <= durableRow) return
    this.#checkWritable()
    const flushed: Promise<void>[] = []
    this.#images.visit(durableRow, toRow, (image, toByte) => {
      flushed.push(this.#scheduler.flush(image, toByte))
    })
    await Promise.all(flushed)
  }

  rewind(rowCount: number): void {
    this.#checkOpen()
    const end = this.rowCount
    this.#rows.rewind(rowCount)
    const first = Math.floor(rowCount / this.rowsPerSegment)
    for (let index = first; index * this.rowsPerSegment < end; index += 1) {
      const image = this.#images.find(index)
      const toByte = byteOfRow(this.#layout, index, rowCount)
      if (this.#options.readOnly) image?.rewind(toByte)
      else if (image) this.#scheduler.rewind(image, toByte)
    }
  }

  /** After a failure the store has no rows. */
  async restore(rowCount: number, options: RestoreOptions = {}): Promise<void> {
    this.#checkOpen()
    this.#rows.restore(rowCount, options.freedSegments)
    try {
      await this.#fileTasks.run(() => this.#restore(rowCount, options))
    } catch (error) {
      this.#images.clear()
      this.#rows.reset()
      throw error
    }
  }

  segment(index: number): SegmentView {
    this.#checkOpen()
    return this.#rows.segment(index)
  }

  freeSegmentMemory(index: number): void {
    this.#checkOpen()
    this.#images.free(index)
  }

  async freeSegmentFile(index: number): Promise<void> {
    this.#checkOpen()
    this.#checkWritable()
    this.#rows.checkFreed(index)
    await this.#fileTasks.run(() => this.#freeFile(index))
  }

  segmentFile(index: number): string {
    return this.#directory.fileOf(index)
  }

  read(rowIds: Uint32Array, out: Uint8Array): void {
    this.#checkOpen()
    this.#rows.read(rowIds, out)
  }

  async reserve(rowCount: number): Promise<void> {
    this.#checkOpen()
    this.#checkWhole()
    const fromRow = this.rowCount
    await this.#rows.reserve(rowCount)
    if (this.#options.readOnly) return
    await this.#fileTasks.run(() => this.#makeFiles(fromRow, fromRow + rowCount))
  }

  trim(): boolean {
    this.#checkOpen()
    return this.#rows.trim()
  }

  stats(): VectorStoreStats {
    return {
      rowCount: this.rowCount,
      durableRowCount: this.#images.durableRow,
      segmentCount: this.#rows.segmentCount,
      memoryBytes: this.#rows.memoryBytes,
      fileBytes: this.#directory.fileBytes,
      directIo: this.#io.direct,
      bytesWritten: this.#scheduler.bytesWritten,
      syncCount: this.#scheduler.syncCount,
    }
  }

  /** Waits for flushes too; rows that were sealed and never flushed may or may not be on disk. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async destroy(): Promise<void> {
    this.#checkWritable()
    await this.close()
    await guardFile('remove segments of', this.#options.directory, () => this.#directory.remove())
  }

  async #close(): Promise<void> {
    await this.#scheduler.drain()
    await this.#fileTasks.idle()
    for (const file of this.#images.files()) {
      await guardFile('close', file.path, () => file.close())
    }
    this.#rows.release()
  }

  /** Makes the files of segments that have no rows yet. */
  async #makeFiles(fromRow: number, toRow: number): Promise<void> {
    const first = Math.ceil(fromRow / this.rowsPerSegment)
    for (let index = first; index * this.rowsPerSegment < toRow; index += 1) {
      if (this.#closing !== undefined) return
      const path = this.segmentFile(index)
      await guardFile('make', path, () => this.#directory.make(index))
    }
  }

  async #restore(rowCount: number, restore: RestoreOptions): Promise<void> {
    const { crc32c, readOnly, warn } = this.#options
    const restored = await restoreSegments({
      source: { directory: this.#directory, io: this.#io, readOnly },
      layout: this.#layout,
      rowCount,
      restore,
      imageOf: (index) => this.#rows.image(index),
      headerOf: (index) => this.#headerOf(index),
      crc32c,
      warn,
    })
    for (const { index, toByte, foundBytes } of restored) {
      this.#images.get(index).adopt(toByte, foundBytes)
    }
    const { directory } = this.#options
    await guardFile('list segments of', directory, () => this.#directory.find())
    if (readOnly) return
    await guardFile('sync segments of', directory, () => this.#directory.sync())
  }

  async #freeFile(index: number): Promise<void> {
    const path = this.segmentFile(index)
    await guardFile('close', path, () => this.#images.closeFreed(index))
    await guardFile('free', path, () => this.#directory.free(index))
  }

  #headerOf(segmentIndex: number): SegmentHeader {
    const { databaseId, collectionId, dtype, dimension } = this.#options
    return { databaseId, collectionId, segmentIndex, dtype, dimension, ...this.#layout }
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return
    throw new StateError('SLUICE_CLOSED', 'the vector store was closed')
  }

  #checkWritable(): void {
    if (!this.#options.readOnly) return
    throw new StateError('SLUICE_READ_ONLY', 'the vector store was opened read only')
  }

  /** After a failed write nothing more is taken in. */
  #checkWhole(): void {
    const { failure } = this.#scheduler
    if (failure === undefined) return
    throw new StorageError('SLUICE_POISONED', `an earlier write failed: ${failure.message}`, {
      cause: failure,
    })
  }
}
