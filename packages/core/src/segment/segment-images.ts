/**
 * The images of one store by segment: made when a segment is first sealed or restored, gone once
 * it is freed. Knows how far rows are durable; a freed segment counts as durable.
 */

import { InternalError } from '../errors.js'
import type { Timings } from '../observe/timings.js'
import type { DirectIo } from './direct-io.js'
import type { RowSlabs } from './row-slabs.js'
import type { SegmentDirectory } from './segment-directory.js'
import { type ImageFile, SegmentFile } from './segment-file.js'
import { encodeSegmentHeader, type SegmentHeader } from './segment-header.js'
import { SegmentImage } from './segment-image.js'
import { byteOfRow, rowsBelowByte, type SegmentLayout } from './segment-layout.js'

/**
 * What {@link SegmentImages} are made of.
 *
 * @internal
 */
export interface SegmentImagesOptions {
  readonly layout: SegmentLayout
  readonly rows: RowSlabs
  readonly directory: SegmentDirectory
  readonly io: DirectIo
  /** What the header page of a segment says. */
  readonly headerOf: (index: number) => SegmentHeader
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  readonly timings: Timings
}

/**
 * What of each segment is on disk.
 *
 * @internal
 */
export class SegmentImages {
  readonly #options: SegmentImagesOptions
  readonly #images = new Map<number, SegmentImage>()
  /** Files of freed segments, whose handles may still be closing. */
  readonly #freedFiles = new Map<number, ImageFile>()

  constructor(options: SegmentImagesOptions) {
    this.#options = options
  }

  /** The image of a segment, if one was made and not freed. */
  find(index: number): SegmentImage | undefined {
    return this.#images.get(index)
  }

  /** The image of a segment that has a slab. */
  get(index: number): SegmentImage {
    const known = this.#images.get(index)
    if (known !== undefined) return known
    const { layout, rows, directory, io, headerOf, crc32c, timings } = this.#options
    const bytes = rows.image(index)
    encodeSegmentHeader(bytes, headerOf(index), crc32c)
    const file = new SegmentFile(index, directory, io, timings)
    const fullTo = byteOfRow(layout, index, (index + 1) * layout.rowsPerSegment)
    const image = new SegmentImage({ bytes, file, fullTo })
    this.#images.set(index, image)
    return image
  }

  /** Visits the images that hold rows `fromRow` to `toRow - 1`: how far do they reach in each? */
  visit(fromRow: number, toRow: number, take: (image: SegmentImage, toByte: number) => void): void {
    const { layout, rows } = this.#options
    const first = Math.floor(fromRow / layout.rowsPerSegment)
    for (let index = first; index * layout.rowsPerSegment < toRow; index += 1) {
      if (!rows.isFreed(index)) take(this.get(index), byteOfRow(layout, index, toRow))
    }
  }

  /** Rows on disk and synced, as a prefix. */
  get durableRow(): number {
    const { layout, rows } = this.#options
    for (let index = 0; ; index += 1) {
      if (rows.isFreed(index)) continue
      const image = this.#images.get(index)
      if (image !== undefined && image.durableTo === image.fullTo) continue
      return index * layout.rowsPerSegment + rowsBelowByte(layout, image?.durableTo ?? 0)
    }
  }

  /**
   * Frees a segment, its slab included.
   *
   * @throws InternalError unless all its rows are durable
   */
  free(index: number): void {
    const { rows } = this.#options
    if (rows.isFreed(index)) return
    const image = this.#images.get(index)
    if (image === undefined || image.durableTo < image.fullTo) {
      throw new InternalError(`segment ${index} was freed before all its rows were durable`)
    }
    rows.free(index)
    this.#images.delete(index)
    this.#freedFiles.set(index, image.file)
  }

  /** Waits until a freed segment has no open handle. */
  async closeFreed(index: number): Promise<void> {
    await this.#freedFiles.get(index)?.close()
    this.#freedFiles.delete(index)
  }

  /** Files of segments that were not freed. */
  files(): ImageFile[] {
    return Array.from(this.#images.values(), ({ file }) => file)
  }

  /** Forgets images that were never written to. */
  clear(): void {
    this.#images.clear()
  }
}
