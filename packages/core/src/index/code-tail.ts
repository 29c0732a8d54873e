/**
 * The codes of rows that are in no list, in row order, in whole blocks of 32, encoded beside the
 * copy of the rows or behind it, here or on threads. Rows without codes are compared exactly, so
 * codes are a luxury: they may come late, and where memory is short they go again, or never come.
 * Invariant: blocks from `#firstRow` to `#encodedRows` hold the codes of sealed rows, wherever
 * there is a chunk. It does not know which rows are visible or alive.
 */

import { nowMs } from '../clock.js'
import { BLOCK_ROWS, blockFloor } from '../code-layout.js'
import type { CodeSpace } from '../contract/index.js'
import { hasCode } from '../errors.js'
import { TimeSlice } from '../time-slice.js'
import { EncodeJobs } from './encode/encode-jobs.js'
import {
  rangeIn,
  type TailCodes,
  type TailRange,
  type TailView,
  tailCodesOf,
  viewTail,
} from './tail-view.js'
import { type CodeTailOptions, SAMPLE_ROWS, TailWork } from './tail-work.js'

/** Rows of a first kernel call: a hundredth of a millisecond, one on the scalar kernels. */
const STEP_ROWS = 64
/** Calls that take less grow: each leaves some hundred bytes of garbage. */
const SHORT_STEP_MS = 0.25
const STEP_ROWS_MAX = 1024
/** Bytes of rows that threads may be behind before rows wait for them: a search reads them all. */
const FAR_BYTES = 16 * 1024 * 1024

/**
 * The codes of the rows of one collection that are in no list.
 *
 * @internal
 */
export class CodeTail {
  readonly #options: CodeTailOptions
  readonly #work: TailWork
  readonly #freed = new Set<number>()
  readonly #jobs: EncodeJobs
  readonly #jobRows: number
  /** Rows below this are in lists. A multiple of 32. */
  #firstRow = 0
  #sealedRow = 0
  /** The highest that `#sealedRow` ever was. */
  #peakRow = 0
  #encodedRows = 0
  #stepRows = STEP_ROWS
  /** The peak when memory was refused. */
  #refusedRow: number | undefined
  #hasWarned = false
  #isCatchingUp = false
  #isBroken = false

  constructor(options: CodeTailOptions) {
    this.#options = options
    this.#work = new TailWork(options, this.#freed)
    const taskRows = (options.encoders?.taskBytes ?? 0) / options.store.stride
    this.#jobRows = Math.max(BLOCK_ROWS, blockFloor(Math.floor(taskRows)))
    this.#jobs = new EncodeJobs(options.encoders, {
      onEncoded: (toRow) => {
        this.#encodedRows = toRow
      },
      onSettled: () => this.#hand(),
    })
  }

  /** Rows below this are in lists. */
  get firstRow(): number {
    return this.#firstRow
  }

  /** Rows from here on have no codes yet. */
  get encodedRows(): number {
    return this.#encodedRows
  }

  /** What new codes are in; undefined as long as there are none. */
  get space(): CodeSpace | undefined {
    return this.#work.space
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#work.chunks.byteLength
  }

  /** Whether there are rows to be encoded, and memory has not been refused lately. */
  get isBehind(): boolean {
    if (this.#isBroken || this.#encodedRows >= blockFloor(this.#sealedRow)) return false
    const { rowsPerSegment } = this.#options.store
    // Memory may be there again once rows have come in for a while.
    if (this.#sealedRow < (this.#refusedRow ?? -Infinity) + rowsPerSegment / 4) return false
    return this.#work.space !== undefined || this.hasSample(this.#sealedRow)
  }

  /**
   * Says that rows below `toRow` are final, and encodes about as many as it returns: those new.
   * With threads it only hands them over, and leaves what is too little for one to `catchUp`.
   */
  seal(toRow: number): number {
    const newRows = Math.max(0, toRow - this.#sealedRow)
    this.#cover(toRow)
    if (this.#jobs.isInUse) this.#hand()
    else this.#encode(newRows + SAMPLE_ROWS, new TimeSlice())
    return newRows
  }

  /** Resolves when threads are not far behind; undefined when they are not. */
  whenNear(): Promise<void> | undefined {
    const rowsMax = FAR_BYTES / this.#options.store.stride
    return this.#jobs.wait(() => this.#sealedRow - this.#encodedRows > rowsMax)
  }

  /** Resolves when no thread touches what was freed before; undefined when none touches any. */
  whenQuiet(): Promise<void> | undefined {
    return this.#jobs.whenEnded()
  }

  /**
   * Encodes all rows below `toRow`, which are final, in steps short enough for the event loop.
   *
   * @param toRow - may be below what was sealed before
   * @param isOver - asked before each slice; ends it half way
   */
  async catchUp(toRow: number, isOver: () => boolean): Promise<void> {
    this.#cover(toRow)
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    const slice = new TimeSlice()
    while (this.isBehind && !isOver()) {
      this.#hand()
      this.#encode(Number.MAX_SAFE_INTEGER, slice)
      if (this.#jobs.areUnderWay) await this.#jobs.next()
      else if (slice.isOver()) await slice.next()
    }
    this.#isCatchingUp = false
  }

  /** Forgets the codes of rows from `rowCount` on, which others will take the place of. */
  rewind(rowCount: number): void {
    this.#sealedRow = Math.min(this.#sealedRow, rowCount)
    if ((this.#jobs.toRow ?? 0) > rowCount) this.#jobs.cancel()
    this.#encodedRows = Math.min(this.#encodedRows, blockFloor(rowCount))
    // The mean may be that of rows that are gone.
    if (!this.hasSample(rowCount)) this.restart()
  }

  /** Begins at a row that all rows before are in lists for; further chunks are of this space. */
  startAt(row: number, space: CodeSpace): void {
    const { rowsPerSegment } = this.#options.store
    this.#jobs.cancel()
    this.#firstRow = row
    this.#encodedRows = Math.max(this.#encodedRows, row)
    for (let segment = 0; segment * rowsPerSegment < this.#encodedRows; segment++) {
      if (this.codesOf(segment) === undefined) this.#work.chunks.free(segment)
    }
    this.#work.space = space
  }

  /** Begins at the first row again, with nothing. */
  restart(): void {
    this.#jobs.cancel()
    this.#work.chunks.release()
    this.#work.space = undefined
    this.#firstRow = 0
    this.#encodedRows = 0
  }

  /** Forgets the codes of a segment that was freed. */
  freeSegment(segment: number): void {
    this.#freed.add(segment)
    this.#jobs.cancel()
    this.#work.chunks.free(segment)
  }

  /** Gives back the codes of a segment, for those who need memory more; false: there were none. */
  trim(): boolean {
    const segment = this.#work.chunks.last
    if (segment < 0) return false
    this.#jobs.cancel()
    this.#work.chunks.free(segment)
    const firstRow = Math.max(this.#firstRow, segment * this.#options.store.rowsPerSegment)
    this.#encodedRows = Math.min(this.#encodedRows, firstRow)
    this.refuse()
    return true
  }

  /** Memory was refused: rows must come in before it is asked for again. */
  refuse(): void {
    // A write that needs memory and comes again and again with the same rows must not ask again.
    this.#refusedRow = this.#peakRow
  }

  /** The codes of a segment, now; undefined where there are none. */
  codesOf(segment: number): TailCodes | undefined {
    return tailCodesOf(this.#work.chunks, segment, this.#range())
  }

  /**
   * The codes of all rows below `visibleRows`, for a search, in memory that stays until it ends.
   * Blocks with other rows are left out: such rows may be refused, and their blocks written anew.
   */
  view(visibleRows: number): TailView {
    const toRow = Math.min(this.#encodedRows, blockFloor(visibleRows))
    return viewTail(this.#work.chunks, this.#range(toRow))
  }

  /** Rows that have codes. */
  countRows(): number {
    let count = this.#encodedRows - this.#firstRow
    for (const segment of this.#freed) {
      const [from, to] = rangeIn(segment, this.#range())
      count -= to - from
    }
    return count
  }

  /** Whether so many rows, freed ones aside, are enough to take a mean of. */
  hasSample(rowCount: number): boolean {
    return rowCount - this.#freed.size * this.#options.store.rowsPerSegment >= SAMPLE_ROWS
  }

  /** Gives all memory back. */
  release(): void {
    this.#isBroken = true
    this.restart()
  }

  #range(toRow = this.#encodedRows): TailRange {
    const { rowsPerSegment } = this.#options.store
    return { firstRow: this.#firstRow, toRow, rowsPerSegment }
  }

  /** Hands rows to threads, where there are enough for one of them, and it has room. */
  #hand(): void {
    const { rowsPerSegment } = this.#options.store
    let row = this.#jobs.toRow ?? this.#encodedRows
    try {
      while (this.#jobs.hasRoom && this.#sealedRow - row >= this.#jobRows && this.isBehind) {
        const segment = Math.floor(row / rowsPerSegment)
        const toRow = Math.min(row + this.#jobRows, (segment + 1) * rowsPerSegment)
        if (!this.#freed.has(segment)) this.#jobs.hand({ ...this.#work.take(row, toRow), toRow })
        row = this.#freed.has(segment) ? (segment + 1) * rowsPerSegment : toRow
        this.#refusedRow = undefined
      }
    } catch (error) {
      this.#giveUp(error)
    }
  }

  /** Encodes at most so many rows, until the slice is over, unless threads are at it. */
  #encode(rowsMax: number, slice: TimeSlice): void {
    if (this.#jobs.areUnderWay) return
    const end = Math.min(blockFloor(this.#sealedRow), this.#encodedRows + blockFloor(rowsMax))
    try {
      while (this.#encodedRows < end && this.isBehind) {
        const startMs = nowMs()
        this.#encodeStep(end)
        const factor = nowMs() - startMs < SHORT_STEP_MS ? 2 : 0.5
        this.#stepRows = Math.min(Math.max(STEP_ROWS, factor * this.#stepRows), STEP_ROWS_MAX)
        if (slice.isOver()) return
      }
    } catch (error) {
      this.#giveUp(error)
    }
  }

  /** Encodes the next rows below `end`, which lie in one segment. */
  #encodeStep(end: number): void {
    const { kernels, store } = this.#options
    const row = this.#encodedRows
    const segment = Math.floor(row / store.rowsPerSegment)
    const segmentEnd = (segment + 1) * store.rowsPerSegment
    const isFreed = this.#freed.has(segment)
    const to = isFreed ? segmentEnd : Math.min(row + this.#stepRows, end, segmentEnd)
    if (!isFreed) kernels.encode(this.#work.take(row, to).task)
    this.#refusedRow = undefined
    this.#encodedRows = to
  }

  #giveUp(error: unknown): void {
    const isRefused = hasCode(error, 'SLUICE_LIMIT_EXCEEDED')
    if (isRefused) this.refuse()
    else this.#isBroken = true
    if (this.#hasWarned) return
    this.#hasWarned = true
    const reason = isRefused ? 'there is no memory for codes' : 'rows could not be encoded'
    const { name: collection, warn } = this.#options
    const message = `collection "${collection}": ${reason}; searches compare such rows exactly`
    warn({ code: 'SLUICE_WARN_ROWS_NOT_ENCODED', message, details: { collection, cause: error } })
  }

  #cover(toRow: number): void {
    this.#sealedRow = Math.max(this.#sealedRow, toRow)
    this.#peakRow = Math.max(this.#peakRow, toRow)
  }
}
