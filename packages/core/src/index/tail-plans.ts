/**
 * How to search rows of which none are in lists. Bounds are as sure as they must be for any rows,
 * until users have asked enough: then they are calibrated, on the event loop in short slices,
 * unless lists will be there soon. What was found out holds for the rows that there were and a few
 * more; when there are others, bounds are sure again until the next calibration.
 */

import { nowMs } from '../clock.js'
import { BLOCK_ROWS } from '../code-layout.js'
import type { CodeSpace } from '../contract/index.js'
import type { RowMask } from '../row-mask.js'
import { TimeSlice } from '../time-slice.js'
import { SEED } from './build-input.js'
import { type CodeRun, calibrateTail } from './calibration/calibrate-tail.js'
import type { Calibration } from './calibration/calibration.js'
import { planSearch } from './calibration/plan-search.js'
import type { CodeTail } from './code-tail.js'
import type { IndexPlan } from './code-view.js'
import type { ListMaintenanceOptions } from './list-maintenance.js'
import type { IndexedCollection, IndexedRows, MaintainedIndex } from './maintained-index.js'
import { QuerySchedule } from './query-schedule.js'
import type { RecentQueries } from './recent-queries.js'
import type { SegmentedRows } from './row-lists.js'
import type { TailView } from './tail-view.js'

/** Rows with codes below which there is nothing to be gained. */
const CODED_ROWS_MIN = 4096
/** So many rows may have come in since, of those that were alive, … */
const BIRTHS_MAX = 1 / 16
/** … and so many of those may have died. */
const DEATHS_MAX = 1 / 20

/** Nothing was found out. */
const NOTHING: Calibration = {
  listCount: 0,
  plans: [],
  rowQueries: 0,
  userQueries: 0,
  listsPay: false,
}

/** What was found out about the rows of one moment. */
interface Lesson {
  readonly space: CodeSpace
  /** Rows that had codes. */
  readonly rowCount: number
  readonly aliveRows: number
  readonly deadRows: number
  readonly calibration: Calibration
}

/**
 * What {@link TailPlans} work with.
 *
 * @internal
 */
export interface TailPlansOptions
  extends Pick<ListMaintenanceOptions, 'name' | 'kernels' | 'store' | 'clusters' | 'warn'> {
  readonly tail: CodeTail
  readonly index: Pick<MaintainedIndex, 'set' | 'isFreed'>
  readonly queries: RecentQueries
  /** Whether lists are made of such rows, or about to be: nothing is learnt for so short a time. */
  readonly areListsDue: (rows: IndexedRows) => boolean
}

/**
 * The plans for the rows of one collection while there are no lists.
 *
 * @internal
 */
export class TailPlans {
  readonly #options: TailPlansOptions
  readonly #schedule: QuerySchedule
  #lesson: Lesson | undefined
  /** Those of the last search. */
  #rows: IndexedRows | undefined
  #isUnderWay = false
  #isOver = false
  /** Calibrations that began before the last change are given up. */
  #yields = 0
  #hasWarned = false

  constructor(options: TailPlansOptions) {
    this.#options = options
    this.#schedule = new QuerySchedule(options.queries)
  }

  /** Whether maintenance would learn something. */
  get isDue(): boolean {
    const { encodedRows } = this.#options.tail
    const rows = this.#rows ?? { visibleRows: encodedRows, aliveRows: encodedRows }
    return !this.#isUnderWay && this.#hasToLearn(rows)
  }

  /** How to find a share of the k nearest rows, of those that there are now. */
  plans(rows: IndexedRows): (recall: number, k: number) => IndexPlan {
    this.#rows = rows
    const lesson = this.#lesson
    const { calibration } = lesson && this.#holds(lesson, rows) ? lesson : { calibration: NOTHING }
    return (recall, k) => {
      const plan = planSearch(calibration, { recall, k })
      return { ...plan, tailEps: plan.eps }
    }
  }

  /**
   * Calibrates where there is something to be learnt, unless that is under way: undefined then.
   * Never throws.
   *
   * @param signal - ends it half way
   */
  maintain(collection: IndexedCollection, signal: AbortSignal): Promise<void> | undefined {
    this.#rows = collection.rows()
    if (this.#isUnderWay || !this.#hasToLearn(this.#rows)) return undefined
    this.#isUnderWay = true
    return this.#maintain(collection, signal).then(() => {
      this.#isUnderWay = false
    })
  }

  /** Gives up a calibration under way, which keeps memory from being given back. */
  yield(): void {
    this.#yields += 1
  }

  /** Gives up for good. */
  end(): void {
    this.#isOver = true
  }

  async #maintain(collection: IndexedCollection, signal: AbortSignal): Promise<void> {
    while (this.#hasToLearn(collection.rows()) && !signal.aborted) {
      await this.#options.clusters.whenCalm(signal)
      if (!this.#hasToLearn(collection.rows())) continue
      this.#schedule.settle()
      const startMs = nowMs()
      const lesson = await this.#learn(collection, signal)
      this.#lesson = lesson
      // What was given up is made up for as soon as it is due.
      if (lesson && lesson.calibration !== NOTHING) this.#schedule.rest(nowMs() - startMs)
    }
  }

  #hasToLearn(rows: IndexedRows): boolean {
    const { tail, index, areListsDue } = this.#options
    if (this.#isOver || index.set !== undefined || tail.space === undefined) return false
    if (!this.#schedule.hasBegun || tail.encodedRows < CODED_ROWS_MIN) return false
    if (areListsDue(rows)) return false
    return this.#schedule.isDue || this.#lesson === undefined || !this.#holds(this.#lesson, rows)
  }

  #holds(lesson: Lesson, { visibleRows, aliveRows }: IndexedRows): boolean {
    const { tail } = this.#options
    const births = Math.min(tail.encodedRows, visibleRows) - lesson.rowCount
    const deaths = visibleRows - aliveRows - lesson.deadRows
    return (
      lesson.space === tail.space &&
      births <= BIRTHS_MAX * lesson.aliveRows &&
      deaths <= DEATHS_MAX * lesson.aliveRows
    )
  }

  /** What is found out; nothing, for as many rows, where that fails. */
  async #learn(collection: IndexedCollection, signal: AbortSignal): Promise<Lesson | undefined> {
    const { kernels, tail, index, queries, clusters } = this.#options
    const { space } = tail
    const { visibleRows, aliveRows } = collection.rows()
    if (space === undefined) return undefined
    const rowCount = Math.min(tail.encodedRows, visibleRows)
    const deadRows = visibleRows - aliveRows
    const lesson = { space, rowCount, aliveRows, deadRows, calibration: NOTHING }
    const yields = this.#yields
    const isOutdated = (): boolean =>
      signal.aborted || this.#isOver || index.set !== undefined || tail.space !== space
    const slice = new TimeSlice()
    const step = async (): Promise<void> => {
      if (!slice.isOver()) return
      await slice.next()
      if (isOutdated() || this.#yields > yields) throw new DOMException('given up', 'AbortError')
      await clusters.whenCalm(signal)
    }
    const unpin = collection.pin()
    const view = tail.view(visibleRows)
    try {
      const rows = this.#rowsBelow(rowCount, collection.aliveMask())
      const input = { space, runs: runsOf(view), rows, queries: queries.packed(), seed: SEED }
      return { ...lesson, calibration: await calibrateTail(kernels, input, step) }
    } catch (error) {
      if (isOutdated()) return undefined
      if (this.#yields === yields) this.#warn(error)
      return lesson
    } finally {
      view.end()
      unpin()
    }
  }

  #rowsBelow(rowCount: number, alive: RowMask): SegmentedRows {
    const { store, index } = this.#options
    const { rowsPerSegment } = store
    const length = Math.ceil(rowCount / rowsPerSegment)
    const segments = Array.from({ length }, (_, segment) =>
      index.isFreed(segment) ? undefined : store.segment(segment).bytes,
    )
    return { segments, rowsPerSegment, rowCount, ...alive }
  }

  #warn(cause: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const { name, warn } = this.#options
    const message = `collection "${name}": searches could not be calibrated, and take longer`
    warn({ code: 'SLUICE_WARN_NOT_CALIBRATED', message, details: { collection: name, cause } })
  }
}

function runsOf({ codes }: TailView): CodeRun[] {
  return codes.flatMap((there) => {
    if (there === undefined) return []
    const { chunk, from, to } = there
    return [{ blocks: chunk.bytes, from: from / BLOCK_ROWS, to: to / BLOCK_ROWS }]
  })
}
