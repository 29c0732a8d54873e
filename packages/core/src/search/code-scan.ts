/**
 * The scan of an index for one query: lists, then the codes of rows that are in none. What the
 * codes cannot rule out is compared on the way. Rows enter the heap with keys
 * (`ListKernels.searchLists`), so the answer depends neither on the order nor on how the scan is
 * cut into calls; a search of few rows is a single one.
 */

import { nowMs } from '../clock.js'
import { BLOCK_ROWS } from '../code-layout.js'
import type { CodeLists, CodeSpace, ListSearch, RowTable, SearchCost } from '../contract/index.js'
import type { CodeView, IndexPlan, ListView, SegmentCodes } from '../index/code-view.js'
import { partOfLists } from '../index/list-part.js'
import { type SearchRun, type SegmentScan, scanRows } from './scan-rows.js'
import type { CodeQuery } from './search-query.js'
import type { SearchSteps } from './search-steps.js'
import type { CodeSearchView } from './search-view.js'

/** Rows of the first kernel call: a millisecond on the scalar kernels. */
const STEP_ROWS_MIN = 4096
/** Rows of the longest one. */
const STEP_ROWS_MAX = 128 * 1024
/** Further ones take about so long: each begins with making tables, and finds its arguments. */
const STEP_MS = 0.5
/** Lists of one kernel call where all of them are scanned. Whole blocks of centroids. */
const STEP_LISTS = 128
/** Rows without codes that a call takes along. */
const LOOSE_ROWS_MAX = 256
/** Rows after which it shows whether codes are of any use, once the answer is full. */
const JUDGED_ROWS = 4096
/** Rows after which codes are used to the end, full answer or not. */
const UNJUDGED_ROWS_MAX = 32 * 1024
/** Share of rows compared above which comparing all in their order is faster. */
const COMPARED_SHARE_MAX = 0.3

/** A reach that leaves out nothing. */
const ALL = Number.POSITIVE_INFINITY

const NO_EXTENTS = new Uint32Array(0)

/** What the next kernel call will scan. */
interface Pending {
  readonly space: CodeSpace
  readonly lists?: CodeLists
  readonly probes: number
  readonly reach: number
  readonly extents: number[]
  rowCount: number
  looseFrom?: number
}

/**
 * Scans the index of one view for one query.
 *
 * @internal
 */
export class CodeScan {
  readonly #run: SearchRun
  readonly #codes: CodeView
  readonly #rows: Omit<RowTable, 'segments'>
  readonly #plan: IndexPlan
  #pending: Pending | undefined
  #stepRows = STEP_ROWS_MIN
  /** Rows of calls before it was judged whether codes are of use. */
  #unjudgedRows = 0
  #isJudged = false
  #isFutile = false
  #keysAreDistances = true

  constructor(run: SearchRun, view: CodeSearchView, { recall, k }: CodeQuery) {
    const { store, visibleRows, codes } = view
    const { firstRow, mask } = view.aliveMask()
    this.#run = run
    this.#codes = codes
    this.#plan = codes.plan(recall, k)
    this.#rows = {
      rowsPerSegment: store.rowsPerSegment,
      firstRow,
      rowCount: visibleRows,
      ...(mask === undefined ? {} : { mask }),
    }
  }

  /** Whether the keys of all rows that were found are known to be their distances. */
  get keysAreDistances(): boolean {
    return this.#keysAreDistances
  }

  /**
   * Scans everything in one call where lists leave out nothing but rows that have no code yet.
   *
   * @returns false: it takes more
   */
  scanAtOnce(): boolean {
    const { lists, listedRows } = this.#codes
    const { rowCount } = this.#rows
    if (lists === undefined || this.#takesAll(lists)) return false
    if (rowCount - listedRows >= BLOCK_ROWS) return false
    this.#beginLists(lists)
    this.#pending!.looseFrom = Math.min(listedRows, rowCount)
    this.#flush()
    return true
  }

  /**
   * Scans everything, in steps.
   *
   * @param segments - those with rows that are in no list
   */
  *scan(segments: Iterable<SegmentScan>): SearchSteps {
    const { lists } = this.#codes
    if (lists !== undefined) yield* this.#scanLists(lists)
    for (const segment of segments) yield* this.#scanSegment(segment)
    this.#flush()
  }

  *#scanLists(view: ListView): SearchSteps {
    if (!this.#takesAll(view)) {
      this.#beginLists(view)
      return
    }
    const { space, lists, listCount } = view
    for (let from = 0; from < listCount; from += STEP_LISTS) {
      const to = Math.min(listCount, from + STEP_LISTS)
      const part = partOfLists(lists, { from, to })
      this.#pending = {
        space,
        lists: part,
        probes: to - from,
        reach: ALL,
        extents: [],
        rowCount: 0,
      }
      this.#flush()
      yield* this.#pause()
    }
  }

  /** Whether the plan leaves out no list. */
  #takesAll({ listCount }: ListView): boolean {
    const { probes, reach } = this.#plan
    return probes >= listCount && reach === ALL
  }

  #beginLists({ space, lists }: ListView): void {
    const { probes, reach } = this.#plan
    this.#pending = { space, lists, probes, reach, extents: [], rowCount: 0 }
  }

  /** Scans rows of a segment as far as they have codes and compares the others. */
  *#scanSegment(segment: SegmentScan): SearchSteps {
    const { rowsPerSegment, rowCount } = this.#rows
    const rowBase = segment.index * rowsPerSegment
    let from = Math.max(0, this.#codes.listedRows - rowBase)
    while (from < segment.rowCount && !this.#isFutile) {
      const codes = this.#codes.codesOf(segment.index)
      if (codes === undefined || from < codes.from || from >= codes.to) break
      from = this.#add(segment, codes, from)
      if ((this.#pending?.rowCount ?? 0) < this.#stepRows) continue
      const startMs = nowMs()
      this.#flush()
      if (this.#isJudged) this.#pace(nowMs() - startMs)
      yield* this.#pause()
    }
    // A call goes on with the next segment.
    if (from >= segment.rowCount) return
    const isLast = rowBase + segment.rowCount === rowCount
    if (this.#pending && isLast && segment.rowCount - from <= LOOSE_ROWS_MAX) {
      this.#pending.looseFrom = Math.min(rowBase + from, rowCount)
      return
    }
    this.#flush()
    yield* scanRows(this.#run, segment, from)
  }

  /** Adds rows from `from` on to the next call; returns the row after them. */
  #add(segment: SegmentScan, codes: SegmentCodes, from: number): number {
    const { space, handle } = codes
    if (this.#pending?.space !== space) this.#flush()
    this.#pending ??= { space, probes: 0, reach: ALL, extents: [], rowCount: 0 }
    const pending = this.#pending
    const room = this.#stepRows - pending.rowCount
    const to = Math.min(segment.rowCount, codes.to, from + room)
    pending.extents.push(handle, from / BLOCK_ROWS, to - from)
    pending.rowCount += to - from
    return to
  }

  /** Makes the call that is pending. */
  #flush(): void {
    const pending = this.#pending
    if (pending === undefined) return
    this.#pending = undefined
    const { space, lists, probes, reach, extents, looseFrom } = pending
    const { kernels, query, heap } = this.#run
    const isFull = heap.count === heap.k
    const { rowCount } = this.#rows
    const search: ListSearch = {
      space,
      query: query.vector,
      rows: { segments: this.#codes.segmentHandles(rowCount), ...this.#rows },
      tail: extents.length === 0 ? NO_EXTENTS : new Uint32Array(extents),
      looseFrom: looseFrom ?? rowCount,
      probes,
      reach,
      eps: this.#plan.eps,
      tailEps: this.#plan.tailEps,
      ...(lists === undefined ? {} : { lists }),
    }
    const outcome = kernels.searchLists(search, heap)
    this.#keysAreDistances = outcome.keysAreDistances
    if (!this.#isJudged && lists === undefined) this.#judge(outcome, isFull)
  }

  /**
   * Finds out whether so few rows are ruled out that comparing all others is faster. How many are
   * compared depends on how the scan is cut into calls, and that on the clock, but for the first
   * ones: so they decide, and the answer does not depend on the clock.
   */
  #judge({ scanned, compared }: SearchCost, wasFull: boolean): void {
    this.#unjudgedRows += scanned
    const isFutile = compared > COMPARED_SHARE_MAX * scanned
    // Many may be compared only because the answer was not full yet: that says nothing of the rows.
    if (scanned >= JUDGED_ROWS && (wasFull || !isFutile)) {
      this.#isJudged = true
      this.#isFutile = isFutile
    } else if (this.#unjudgedRows >= UNJUDGED_ROWS_MAX) this.#isJudged = true
  }

  /** Sets how long further calls are, by how long the last one took. */
  #pace(lastMs: number): void {
    const rows = BLOCK_ROWS * Math.floor((this.#stepRows * STEP_MS) / lastMs / BLOCK_ROWS)
    this.#stepRows = Math.min(Math.max(STEP_ROWS_MIN, rows), STEP_ROWS_MAX)
  }

  *#pause(): SearchSteps {
    if (this.#run.pace.slice.isOver()) yield
  }
}
