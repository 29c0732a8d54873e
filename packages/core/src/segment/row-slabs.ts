/**
 * Rows in slabs: numbers rows, hands out room for them, reads them back. A slab is the image of a
 * segment. Invariants: 0 <= freedTo <= sealedRow <= rowCount, where freedTo is the end of the last
 * freed segment; no row of a freed segment is ever handed out. It knows nothing of files.
 */

import type { Allocator, RowSpan, SegmentView } from '../contract/index.js'
import { InternalError, InvalidArgumentError, StateError } from '../errors.js'
import { LIMITS } from '../limits.js'
import type { Warn } from '../warning.js'
import type { SegmentLayout } from './segment-layout.js'
import { SegmentSlabs } from './segment-slabs.js'

/**
 * The rows of one store.
 *
 * @internal
 */
export class RowSlabs {
  readonly #layout: SegmentLayout
  readonly #slabs: SegmentSlabs
  #rowCount = 0
  #sealedRow = 0
  #freedTo = 0

  constructor(allocator: Allocator, layout: SegmentLayout, warn: Warn) {
    this.#layout = layout
    this.#slabs = new SegmentSlabs(allocator, layout, warn)
  }

  /** Rows claimed. */
  get rowCount(): number {
    return this.#rowCount
  }

  /** Rows whose bytes are final. */
  get sealedRow(): number {
    return this.#sealedRow
  }

  /** Bytes of all slabs. */
  get memoryBytes(): number {
    return this.#slabs.memoryBytes
  }

  /** Segments that have rows and were not freed. */
  get segmentCount(): number {
    return Math.ceil(this.#rowCount / this.#layout.rowsPerSegment) - this.#slabs.freedCount
  }

  /**
   * Claims the next rows.
   *
   * @returns a span per segment touched
   * @throws StateError SLUICE_LIMIT_EXCEEDED; nothing is claimed then
   */
  claim(rowCount: number): RowSpan[] {
    const { rowsPerSegment, stride } = this.#layout
    const end = this.#checkRoom(rowCount)
    this.#slabs.ensure(end)
    const spans: RowSpan[] = []
    let row = this.#rowCount
    while (row < end) {
      const index = Math.floor(row / rowsPerSegment)
      const { rowBase, bytes } = this.segment(index)
      const stop = Math.min(end, rowBase + rowsPerSegment)
      spans.push({
        row,
        rowCount: stop - row,
        bytes: bytes.subarray((row - rowBase) * stride, (stop - rowBase) * stride),
      })
      row = stop
    }
    this.#rowCount = end
    this.#slabs.use(Math.ceil(end / rowsPerSegment) - 1)
    this.#prepareAhead()
    return spans
  }

  /**
   * Declares rows below `toRow` final.
   *
   * @returns the row from which on they are newly so
   */
  seal(toRow: number): number {
    this.#checkRow('toRow', toRow, this.#rowCount)
    const fromRow = this.#sealedRow
    this.#sealedRow = Math.max(fromRow, toRow)
    return fromRow
  }

  /** Checks that rows below `toRow` are sealed. */
  checkSealed(toRow: number): void {
    this.#checkRow('toRow', toRow, this.#sealedRow)
  }

  /** Gives rows back; their memory is kept for the next ones. */
  rewind(rowCount: number): void {
    this.#checkRow('rowCount', rowCount, this.#rowCount)
    if (rowCount < this.#freedTo) {
      throw new InternalError(`rows from ${rowCount} on were given back after some were freed`)
    }
    this.#rowCount = rowCount
    this.#sealedRow = Math.min(this.#sealedRow, rowCount)
  }

  /** Takes memory for rows to come and brings it in; all of it or none. */
  async reserve(rowCount: number): Promise<void> {
    const end = this.#checkRoom(rowCount)
    const first = this.#slabs.count
    this.#slabs.ensure(end)
    await this.#slabs.prefaultFrom(first)
  }

  /**
   * Makes the first rows, claimed and sealed, with no memory for freed segments.
   *
   * @throws StateError SLUICE_LIMIT_EXCEEDED; nothing is made then. InternalError where
   * there are rows, or for a freed segment that is not full
   */
  restore(rowCount: number, freedSegments: ReadonlySet<number> = new Set()): void {
    if (this.#rowCount > 0) throw new InternalError('rows were restored after the first claim')
    const end = this.#checkRoom(rowCount)
    for (const index of freedSegments) this.#checkFreeable(index, end)
    for (const index of freedSegments) this.#free(index)
    try {
      this.#slabs.ensure(end)
    } catch (error) {
      this.reset()
      throw error
    }
    this.#rowCount = end
    this.#sealedRow = end
  }

  /**
   * Gives the memory of a segment back.
   *
   * @throws InternalError unless all its rows are sealed
   */
  free(index: number): void {
    this.#checkFreeable(index, this.#sealedRow)
    this.#free(index)
  }

  /** Whether a segment was freed. */
  isFreed(index: number): boolean {
    return this.#slabs.isFreed(index)
  }

  /**
   * Checks that the file of a segment is not needed any more.
   *
   * @throws InternalError unless its memory was freed
   */
  checkFreed(index: number): void {
    if (this.isFreed(index)) return
    throw new InternalError(`the file of segment ${index} was freed before its memory`)
  }

  /** Gives back memory that was taken ahead of need; says whether there was any. */
  trim(): boolean {
    return this.#slabs.trim()
  }

  /** A view of the rows of a segment. */
  segment(index: number): SegmentView {
    return this.#slabs.get(index).view
  }

  /** The whole image of a segment, header included. */
  image(index: number): Uint8Array {
    return this.#slabs.get(index).bytes
  }

  /** Copies rows, packed in the order of `rowIds`. Runs of consecutive rows are copied at once. */
  read(rowIds: Uint32Array, out: Uint8Array): void {
    const { rowsPerSegment, stride } = this.#layout
    if (out.byteLength < rowIds.length * stride) {
      throw invalid('out', `${rowIds.length * stride} bytes`, `${out.byteLength} bytes`)
    }
    this.#checkRowIds(rowIds)
    let from = 0
    while (from < rowIds.length) {
      const row = rowIds[from] as number
      const index = Math.floor(row / rowsPerSegment)
      const { rowBase, bytes } = this.segment(index)
      const runMax = Math.min(rowIds.length - from, rowBase + rowsPerSegment - row)
      let run = 1
      while (run < runMax && rowIds[from + run] === row + run) run += 1
      const start = (row - rowBase) * stride
      out.set(bytes.subarray(start, start + run * stride), from * stride)
      from += run
    }
  }

  /** Gives all memory back. Views must not be used afterwards. */
  release(): void {
    this.#slabs.release()
  }

  /** As at first. */
  reset(): void {
    this.#slabs.reset()
    this.#rowCount = 0
    this.#sealedRow = 0
    this.#freedTo = 0
  }

  /** Where rows end once `rowCount` more are claimed. */
  #checkRoom(rowCount: number): number {
    this.#checkRow('rowCount', rowCount, Number.MAX_SAFE_INTEGER)
    const end = this.#rowCount + rowCount
    if (end <= LIMITS.rowsPerCollectionMax) return end
    throw new StateError(
      'SLUICE_LIMIT_EXCEEDED',
      `${rowCount} more rows would make ${end}, at most ${LIMITS.rowsPerCollectionMax} fit`,
      { details: { limit: LIMITS.rowsPerCollectionMax, actual: end } },
    )
  }

  #checkRow(argument: string, row: number, max: number): void {
    if (Number.isInteger(row) && row >= 0 && row <= max) return
    throw invalid(argument, `an integer from 0 to ${max}`, row)
  }

  #checkRowIds(rowIds: Uint32Array): void {
    for (let i = 0; i < rowIds.length; i += 1) {
      const row = rowIds[i] as number
      if (row >= this.#rowCount) throw invalid(`rowIds[${i}]`, `below ${this.#rowCount}`, row)
    }
  }

  #checkFreeable(index: number, rowsEnd: number): void {
    const end = (index + 1) * this.#layout.rowsPerSegment
    if (Number.isInteger(index) && index >= 0 && end <= rowsEnd) return
    throw new InternalError(`segment ${index} is not full, or not sealed, and cannot be freed`)
  }

  #free(index: number): void {
    this.#slabs.free(index)
    this.#freedTo = Math.max(this.#freedTo, (index + 1) * this.#layout.rowsPerSegment)
  }

  /**
   * First touch of memory is slower than a disk, so the next slab is brought in early: when half of
   * the first one is full, and from then on a whole slab ahead.
   */
  #prepareAhead(): void {
    const { rowsPerSegment } = this.#layout
    const { count } = this.#slabs
    const threshold = count === 1 ? rowsPerSegment / 2 : (count - 1) * rowsPerSegment
    if (this.#rowCount >= threshold) this.#slabs.prepareNext()
  }
}

function invalid(argument: string, expected: string, actual: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    `${argument} must be ${expected}, got ${String(actual)}`,
    { details: { argument, expected, actual } },
  )
}
