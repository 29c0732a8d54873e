/**
 * The scan of a segment by its codes: rows whose lower bound is not beyond the worst of the answer
 * so far are compared exactly, the others are passed over. One query, one thread.
 */

import { BLOCK_ROWS, blockLayoutOf } from '../code-layout.js'
import type { NearestHeap, QueryTerms, Survivors } from '../contract/index.js'
import type { CodeView, SegmentCodes } from '../index/code-view.js'
import { offerNearest } from '../kernels/nearest-heap.js'
import type { SearchRun, SegmentScan } from './scan-rows.js'

/** Blocks of the first kernel call; each further one takes twice as many. */
const RUN_BLOCKS_MIN = 8
/** Bytes of blocks of one kernel call: a millisecond on the scalar kernels. */
const RUN_BYTES_MAX = 256 * 1024
/** Survivors that are looked at together. */
const SURVIVORS_MAX = 1024
/** Rows that are compared by one kernel call. */
const BATCH_ROWS = 32
/** Rows after which it shows whether codes are of any use. */
const JUDGED_ROWS_MIN = 4096
/** Share of rows compared above which comparing all in their order is faster. */
const COMPARED_SHARE_MAX = 0.3
/** What float32 may round away in a bound, beside what its error covers: a few units of 2^-24. */
const ROUNDING = 2 ** -20

/**
 * Scans codes for one query.
 *
 * @internal
 */
export class CodeScan {
  readonly #run: SearchRun
  readonly #codes: CodeView
  readonly #codeDimension: number
  readonly #blockBytes: number
  readonly #tables: Uint8Array
  readonly #terms: QueryTerms
  readonly #weight: number
  readonly #survivors: Survivors
  readonly #rowIds = new Uint32Array(BATCH_ROWS)
  readonly #distances = new Float64Array(BATCH_ROWS)
  #runBlocks = RUN_BLOCKS_MIN
  #scanned = 0
  #compared = 0

  /** @param eps - how sure bounds are */
  constructor(run: SearchRun, codes: CodeView, eps: number) {
    this.#run = run
    this.#codes = codes
    this.#codeDimension = codes.space.signs.length / 2
    this.#blockBytes = blockLayoutOf(this.#codeDimension).byteLength
    this.#tables = new Uint8Array(4 * this.#codeDimension)
    this.#terms = run.kernels.buildTables(codes.space, run.query.vector, this.#tables)
    const { norm } = this.#terms
    this.#weight = norm === Number.POSITIVE_INFINITY ? norm : eps * norm
    const rows = new Uint32Array(SURVIVORS_MAX)
    this.#survivors = { rows, bounds: new Float32Array(SURVIVORS_MAX), count: 0 }
  }

  /** Whether so few rows are ruled out that comparing all of them is faster. */
  get isFutile(): boolean {
    return this.#scanned >= JUDGED_ROWS_MIN && this.#compared > COMPARED_SHARE_MAX * this.#scanned
  }

  /**
   * Scans rows of a segment as far as they have codes.
   *
   * @param first - where to begin, a multiple of 32
   * @returns the row from which on they must be compared
   * @throws whatever the query's `checkpoint` throws
   */
  async scan(segment: SegmentScan, first: number): Promise<number> {
    const { pace, query } = this.#run
    let from = first
    while (from < segment.rowCount && !this.isFutile) {
      const codes = this.#codes.codesOf(segment.index)
      if (codes === undefined || from >= codes.rowCount) break
      from = this.#scanRun(segment, codes, from)
      if (!pace.slice.isOver()) continue
      await pace.slice.next()
      query.checkpoint()
    }
    return from
  }

  /** Scans some blocks; returns the row after them. */
  #scanRun(segment: SegmentScan, codes: SegmentCodes, from: number): number {
    const { kernels, heap } = this.#run
    const rowCount = Math.min(segment.rowCount, codes.rowCount)
    const first = from / BLOCK_ROWS
    const to = Math.min(first + this.#runBlocks, Math.ceil(rowCount / BLOCK_ROWS))
    const isFull = heap.count === heap.k
    const comparedBefore = this.#compared
    const scan = {
      codeDimension: this.#codeDimension,
      tables: this.#tables,
      blocks: codes.blocks,
      to,
    }
    for (let block = first; block < to; ) {
      this.#survivors.count = 0
      const { scale, bias } = this.#terms
      const bound = { scale, bias, weight: this.#weight, threshold: this.#threshold() }
      block = kernels.scanBlocks({ ...scan, from: block }, bound, this.#survivors)
      this.#compareSurvivors(segment)
    }
    // What was compared only because the answer was not full yet says nothing of the rows.
    if (isFull) this.#scanned += (to - first) * BLOCK_ROWS
    else this.#compared = comparedBefore
    this.#runBlocks = Math.min(2 * this.#runBlocks, this.#runBlocksMax())
    return to * BLOCK_ROWS
  }

  #runBlocksMax(): number {
    return Math.max(RUN_BLOCKS_MIN, Math.floor(RUN_BYTES_MAX / this.#blockBytes))
  }

  #compareSurvivors(segment: SegmentScan): void {
    const { rows, bounds, count } = this.#survivors
    const { mask } = segment
    const rowBase = segment.index * this.#run.view.store.rowsPerSegment
    let batch = 0
    let threshold = this.#threshold()
    for (let i = 0; i < count; i++) {
      if (bounds[i]! > threshold) continue
      const row = rows[i]! - rowBase
      if (((mask[row >>> 5] ?? 0) & (1 << (row & 31))) === 0) continue
      this.#rowIds[batch++] = row
      if (batch < BATCH_ROWS) continue
      this.#compare(segment, batch)
      threshold = this.#threshold()
      batch = 0
    }
    if (batch > 0) this.#compare(segment, batch)
  }

  #compare(segment: SegmentScan, count: number): void {
    const { kernels, view, query, heap } = this.#run
    const { metric, dtype, dimension } = view
    const { rowBase, bytes: rows } = view.store.segment(segment.index)
    const task = { metric, dtype, dimension, query: query.vector, rows }
    const rowIds = this.#rowIds.subarray(0, count)
    kernels.distances(task, rowIds, this.#distances.subarray(0, count))
    for (let i = 0; i < count; i++) offerNearest(heap, this.#distances[i]!, rowBase + rowIds[i]!)
    this.#compared += count
  }

  /** The largest bound of interest. */
  #threshold(): number {
    const worst = worstOf(this.#run.heap)
    if (!Number.isFinite(worst)) return worst
    const { constant } = this.#terms
    return worst - constant + ROUNDING * (Math.abs(worst) + Math.abs(constant))
  }
}

/** Rows with a larger distance do not get in. */
function worstOf({ count, k, distances, distanceMax }: NearestHeap): number {
  return count === k ? distances[0]! : distanceMax
}
