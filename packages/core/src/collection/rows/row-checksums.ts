/**
 * The crc32c of the visible rows of each segment, from its first row on. Batches bring the
 * checksums of their own rows, which are combined, so that no row is read twice. A checkpoint
 * stores them; opening compares them with what the disk gives back.
 * Invariant: all rows below `rowCount` are in, each once. Knows no bytes.
 */

import { combineCrc32c } from '../../crc32c-combine.js'
import { InternalError } from '../../errors.js'
import type { RowSpanChecksum } from '../../ingest/row-writer.js'

const SEGMENTS_MIN = 16

/**
 * Checksums as they were before rows were appended.
 *
 * @internal
 */
export interface ChecksumMark {
  readonly rowCount: number
  /** crc32c of the rows of the segment that row `rowCount` lies in. */
  readonly crc: number
}

/**
 * How rows lie in segments.
 *
 * @internal
 */
export interface RowLayout {
  /** Bytes of a row. */
  readonly stride: number
  readonly rowsPerSegment: number
}

/**
 * The checksums of one collection.
 *
 * @internal
 */
export class RowChecksums {
  readonly #stride: number
  readonly #rowsPerSegment: number
  /** By segment; 0 where there are no rows. */
  #crcs = new Uint32Array(SEGMENTS_MIN)
  #rowCount = 0

  constructor({ stride, rowsPerSegment }: RowLayout) {
    this.#stride = stride
    this.#rowsPerSegment = rowsPerSegment
  }

  /** Rows that are in. */
  get rowCount(): number {
    return this.#rowCount
  }

  /** crc32c of the rows of a segment that are in; 0 where there are none. */
  crcOf(segment: number): number {
    return this.#crcs[segment] ?? 0
  }

  /**
   * Adds the next rows.
   *
   * @param rowBase - the first of them: `rowCount`
   * @param spans - in row order, each within one segment
   * @returns how to take them back: see `rewind`
   */
  append(rowBase: number, spans: readonly RowSpanChecksum[]): ChecksumMark {
    if (rowBase !== this.#rowCount) {
      throw new InternalError(`checksums of rows from ${rowBase} after ${this.#rowCount} rows`)
    }
    const mark = { rowCount: rowBase, crc: this.crcOf(this.#segmentOf(rowBase)) }
    for (const { rowCount, crc } of spans) {
      if (rowCount === 0) continue
      const segment = this.#segmentOf(this.#rowCount)
      if (this.#segmentOf(this.#rowCount + rowCount - 1) !== segment) {
        throw new InternalError(`rows from ${this.#rowCount}: a span goes beyond its segment`)
      }
      this.#makeRoom(segment + 1)
      this.#crcs[segment] = combineCrc32c(this.crcOf(segment), crc, rowCount * this.#stride)
      this.#rowCount += rowCount
    }
    return mark
  }

  /** Takes rows back: all that were appended since a mark was given. */
  rewind({ rowCount, crc }: ChecksumMark): void {
    const segment = this.#segmentOf(rowCount)
    this.#crcs.fill(0, segment)
    if (segment < this.#crcs.length) this.#crcs[segment] = crc
    this.#rowCount = rowCount
  }

  /** Starts from a snapshot, in place of what was in. */
  restore(rowCount: number, crcs: Uint32Array): void {
    this.#crcs = new Uint32Array(Math.max(SEGMENTS_MIN, crcs.length))
    this.#crcs.set(crcs)
    this.#rowCount = rowCount
  }

  /** The checksums by segment, as they are now: a copy of 4 bytes a segment. */
  snapshot(): Uint32Array {
    return this.#crcs.slice(0, Math.ceil(this.#rowCount / this.#rowsPerSegment))
  }

  #segmentOf(row: number): number {
    return Math.floor(row / this.#rowsPerSegment)
  }

  #makeRoom(segmentCount: number): void {
    if (segmentCount <= this.#crcs.length) return
    const grown = new Uint32Array(Math.max(segmentCount, 2 * this.#crcs.length))
    grown.set(this.#crcs)
    this.#crcs = grown
  }
}
