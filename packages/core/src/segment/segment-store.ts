/**
 * Rows in memory and on disk. A slab is the image of a segment file: rows are filled in place and
 * written from there, past the page cache, without a copy.
 * This class checks arguments and state and divides rows among segments; RowSlabs knows memory,
 * SegmentImage what is written, WriteScheduler when, SegmentFile and SegmentDirectory where.
 */

import type {
  Allocator,
  RowSpan,
  SegmentView,
  VectorStore,
  VectorStoreCapabilities,
  VectorStoreStats,
} from '../contract/index.js'
import type { Dtype } from '../dtype.js'
import { InternalError, StateError, StorageError, storageErrorFrom } from '../errors.js'
import { LIMITS } from '../limits.js'
import { SerialQueue } from '../serial-queue.js'
import { DirectIo } from './direct-io.js'
import { readSegment } from './read-segment.js'
import { RowSlabs, type Warn } from './row-slabs.js'
import { SegmentDirectory } from './segment-directory.js'
import { SegmentFile } from './segment-file.js'
import { checkSegmentHeader, encodeSegmentHeader, type SegmentHeader } from './segment-header.js'
import { SegmentImage } from './segment-image.js'
import { byteOfRow, rowsBelowByte, rowsPerSegmentOf, type SegmentLayout } from './segment-layout.js'
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
  readonly #reserves = new SerialQueue()
  readonly #images: SegmentImage[] = []
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
    for (const { image, toByte } of this.#parts(fromRow, toRow)) this.#scheduler.seal(image, toByte)
  }

  async flush(toRow: number): Promise<void> {
    this.#checkOpen()
    this.#rows.checkSealed(toRow)
    if (this.#scheduler.failure !== undefined) throw this.#scheduler.failure
    const durableRow = this.#durableRow()
    if (toRow <= durableRow) return
    this.#checkWritable()
    const parts = this.#parts(durableRow, toRow)
    await Promise.all(parts.map(({ image, toByte }) => this.#scheduler.flush(image, toByte)))
  }

  rewind(rowCount: number): void {
    this.#checkOpen()
    const end = this.rowCount
    this.#rows.rewind(rowCount)
    const first = Math.floor(rowCount / this.rowsPerSegment)
    for (let index = first; index * this.rowsPerSegment < end; index += 1) {
      const image = this.#images[index]
      const toByte = byteOfRow(this.#layout, index, rowCount)
      if (this.#options.readOnly) image?.rewind(toByte)
      else if (image) this.#scheduler.rewind(image, toByte)
    }
  }

  async restore(rowCount: number): Promise<void> {
    this.#checkOpen()
    if (this.rowCount > 0) throw new InternalError('rows were restored after the first claim')
    this.#rows.claim(rowCount)
    this.#rows.seal(rowCount)
    for (let index = 0; index * this.rowsPerSegment < rowCount; index += 1) {
      await this.#restoreSegment(index, byteOfRow(this.#layout, index, rowCount))
    }
    if (this.#options.readOnly) return
    this.#directory.distrust()
    await this.#guard('sync the segment directory', () => this.#directory.sync())
  }

  segment(index: number): SegmentView {
    this.#checkOpen()
    return this.#rows.segment(index)
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
    await this.#reserves.run(() => this.#makeFiles(fromRow, fromRow + rowCount))
  }

  stats(): VectorStoreStats {
    return {
      rowCount: this.rowCount,
      durableRowCount: this.#durableRow(),
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
    await this.#guard('remove segments', () => this.#directory.remove())
  }

  async #close(): Promise<void> {
    await this.#scheduler.drain()
    await this.#reserves.idle()
    for (const { file } of this.#images) {
      await this.#guard(`close ${file.path}`, () => file.close())
    }
    this.#rows.release()
  }

  /** Makes the files of segments that have no rows yet. */
  async #makeFiles(fromRow: number, toRow: number): Promise<void> {
    const first = Math.ceil(fromRow / this.rowsPerSegment)
    for (let index = first; index * this.rowsPerSegment < toRow; index += 1) {
      if (this.#closing !== undefined) return
      const path = this.segmentFile(index)
      await this.#guard(`make ${path}`, () => this.#directory.make(index))
    }
  }

  /** The image of a segment that has a slab. */
  #image(index: number): SegmentImage {
    const known = this.#images[index]
    if (known !== undefined) return known
    const bytes = this.#rows.image(index)
    encodeSegmentHeader(bytes, this.#headerOf(index), this.#options.crc32c)
    const file = new SegmentFile(index, this.#directory, this.#io)
    const fullTo = byteOfRow(this.#layout, index, (index + 1) * this.rowsPerSegment)
    const image = new SegmentImage({ bytes, file, fullTo })
    this.#images[index] = image
    return image
  }

  /** The segments that hold rows `fromRow` to `toRow - 1`, and how far the rows reach in each. */
  #parts(fromRow: number, toRow: number): { image: SegmentImage; toByte: number }[] {
    const parts: { image: SegmentImage; toByte: number }[] = []
    const first = Math.floor(fromRow / this.rowsPerSegment)
    for (let index = first; index * this.rowsPerSegment < toRow; index += 1) {
      parts.push({ image: this.#image(index), toByte: byteOfRow(this.#layout, index, toRow) })
    }
    return parts
  }

  /** Rows on disk and synced, as a prefix. */
  #durableRow(): number {
    let row = 0
    for (const { durableTo, fullTo } of this.#images) {
      row += rowsBelowByte(this.#layout, durableTo)
      if (durableTo < fullTo) break
    }
    return row
  }

  async #restoreSegment(index: number, toByte: number): Promise<void> {
    const { crc32c, readOnly, warn } = this.#options
    const file = this.segmentFile(index)
    const bytes = this.#rows.image(index)
    const source = { index, directory: this.#directory, io: this.#io, readOnly }
    const found = await this.#guard(`read ${file}`, () =>
      readSegment({ ...source, image: bytes, toByte }),
    )
    const page = bytes.subarray(0, LIMITS.pageBytes)
    const written = checkSegmentHeader(page, this.#headerOf(index), { file, crc32c })
    if (!written || found < toByte) {
      warn('a segment file is not as long as its rows, or was never flushed', {
        file,
        expected: toByte,
        actual: written ? found : 0,
      })
    }
    this.#image(index).adopt(toByte, written ? found : 0)
  }

  #headerOf(segmentIndex: number): SegmentHeader {
    const { databaseId, collectionId, dtype, dimension } = this.#options
    return { databaseId, collectionId, segmentIndex, dtype, dimension, ...this.#layout }
  }

  async #guard<T>(operation: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task()
    } catch (error) {
      throw storageErrorFrom(error, operation, { directory: this.#options.directory })
    }
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
