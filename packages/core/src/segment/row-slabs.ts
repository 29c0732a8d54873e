/**
 * Rows in slabs: numbers rows, hands out room for them, reads them back. A slab is the image of a
 * segment. Invariants: 0 <= sealedRow <= rowCount; a slab never moves while the store is open.
 * It knows nothing of files.
 */

import type { Allocator, Lease, RowSpan, SegmentView } from '../contract/index.js'
import { InvalidArgumentError } from '../errors.js'
import { LIMITS } from '../limits.js'
import type { SegmentLayout } from './segment-layout.js'

/** O_DIRECT wants memory that starts on a page. */
const SLAB_ALIGNMENT = LIMITS.pageBytes

/**
 * Takes a warning for the user.
 *
 * @internal
 */
export type Warn = (message: string, details?: Readonly<Record<string, unknown>>) => void

/** One segment in memory. */
interface Slab {
  readonly lease: Lease
  /** The whole image. */
  readonly bytes: Uint8Array
  readonly view: SegmentView
}

/**
 * The rows of one store.
 *
 * @internal
 */
export class RowSlabs {
  readonly #allocator: Allocator
  readonly #layout: SegmentLayout
  readonly #warn: Warn
  #slabs: Slab[] = []
  #rowCount = 0
  #sealedRow = 0
  /** The slab that could not be had ahead of need, so that not every claim asks for it again. */
  #refusedIndex = -1
  #prefaultFailed = false

  constructor(allocator: Allocator, layout: SegmentLayout, warn: Warn) {
    this.#allocator = allocator
    this.#layout = layout
    this.#warn = warn
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
    return this.#slabs.length * this.#layout.segmentBytes
  }

  /** Slabs there are, some perhaps ahead of the rows. */
  get slabCount(): number {
    return this.#slabs.length
  }

  /** Segments that have rows. */
  get segmentCount(): number {
    return Math.ceil(this.#rowCount / this.#layout.rowsPerSegment)
  }

  /**
   * Claims the next rows.
   *
   * @returns a span per segment touched
   * @throws InvalidArgumentError SLUICE_LIMIT_EXCEEDED; nothing is claimed then
   */
  claim(rowCount: number): RowSpan[] {
    const { rowsPerSegment, stride } = this.#layout
    const end = this.#checkRoom(rowCount)
    this.#ensure(end)
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
    this.#rowCount = rowCount
    this.#sealedRow = Math.min(this.#sealedRow, rowCount)
  }

  /** Takes memory for rows to come and brings it in; all of it or none. */
  async reserve(rowCount: number): Promise<void> {
    const end = this.#checkRoom(rowCount)
    const first = this.#slabs.length
    this.#ensure(end)
    for (const { lease } of this.#slabs.slice(first)) await this.#prefault(lease)
  }

  /** A view of the rows of a segment. */
  segment(index: number): SegmentView {
    return this.#slab(index).view
  }

  /** The whole image of a segment, header included. */
  image(index: number): Uint8Array {
    return this.#slab(index).bytes
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
    const slabs = this.#slabs
    this.#slabs = []
    for (const { lease } of slabs) lease.release()
  }

  #slab(index: number): Slab {
    const slab = this.#slabs[index]
    if (slab === undefined) throw invalid('index', `below ${this.#slabs.length}`, index)
    return slab
  }

  /** Where rows end once `rowCount` more are claimed. */
  #checkRoom(rowCount: number): number {
    this.#checkRow('rowCount', rowCount, Number.MAX_SAFE_INTEGER)
    const end = this.#rowCount + rowCount
    if (end <= LIMITS.rowsPerCollectionMax) return end
    throw new InvalidArgumentError(
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

  /** Makes slabs for rows below `toRow`; all of them or none. */
  #ensure(toRow: number): void {
    const first = this.#slabs.length
    const count = Math.ceil(toRow / this.#layout.rowsPerSegment)
    try {
      while (this.#slabs.length < count) this.#addSlab()
    } catch (error) {
      for (const { lease } of this.#slabs.splice(first)) lease.release()
      throw limitErrorFrom(error, toRow)
    }
  }

  #addSlab(): Slab {
    const { segmentBytes, headerBytes, stride, rowsPerSegment } = this.#layout
    const lease = this.#allocator.allocate(segmentBytes, { alignment: SLAB_ALIGNMENT })
    const bytes = lease.bytes
    const end = headerBytes + rowsPerSegment * stride
    // Recycled memory holds other people's bytes, and the end of the last page goes to disk.
    bytes.fill(0, end)
    const view: SegmentView = {
      rowBase: this.#slabs.length * rowsPerSegment,
      rowCapacity: rowsPerSegment,
      bytes: bytes.subarray(headerBytes, end),
    }
    const slab = { lease, bytes, view }
    this.#slabs.push(slab)
    return slab
  }

  /**
   * First touch of memory is slower than a disk, so the next slab is brought in early: when half of
   * the first one is full, and from then on a whole slab ahead.
   */
  #prepareAhead(): void {
    const { rowsPerSegment } = this.#layout
    const next = this.#slabs.length
    if (next === this.#refusedIndex) return
    const threshold = next === 1 ? rowsPerSegment / 2 : (next - 1) * rowsPerSegment
    if (this.#rowCount < threshold) return
    try {
      void this.#prefault(this.#addSlab().lease)
    } catch {
      // Not needed yet. A claim that needs it asks again, and then it is an error.
      this.#refusedIndex = next
    }
  }

  async #prefault(lease: Lease): Promise<void> {
    try {
      await this.#allocator.prefault?.(lease)
    } catch (cause) {
      // Costs speed alone: the memory is there, and its first use brings it in.
      if (this.#prefaultFailed || this.#slabs.length === 0) return
      this.#prefaultFailed = true
      this.#warn('memory could not be brought in ahead of use', { cause })
    }
  }
}

function invalid(argument: string, expected: string, actual: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    `${argument} must be ${expected}, got ${String(actual)}`,
    { details: { argument, expected, actual } },
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** Allocators are strangers with errors of their own; the code is what they share with us. */
function limitErrorFrom(cause: unknown, toRow: number): unknown {
  if (codeOf(cause) !== 'SLUICE_LIMIT_EXCEEDED') return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new InvalidArgumentError(
    'SLUICE_LIMIT_EXCEEDED',
    `no memory for ${toRow} rows: ${reason}`,
    {
      cause,
      details: { rowCount: toRow },
    },
  )
}
