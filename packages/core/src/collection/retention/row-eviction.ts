/**
 * Evicts the rows of a capped collection that are over a bound, one record of the log at a time.
 * It is submitted right behind the rows that go over the bound: so it shares their sync, and they
 * are acknowledged when the oldest have gone. Hiding rows takes microseconds; their memory and
 * files go with those of all dead segments. Takes no turn among writes and is not admitted, so that
 * a write which waits for memory can wait for it.
 */

import { wallClockMs } from '../../clock.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import type { CollectionState } from '../state/collection-state.js'
import { dueRow, nextExpiryMs } from './due-rows.js'
import { EvictCommit } from './evict-commit.js'

/** Rows that one record hides, but for one segment: some milliseconds where bits are copied. */
const STEP_ROWS = 1 << 22
/** The longest delay of a timer: a clock that was set or a machine that slept is noticed then. */
const DELAY_MS_MAX = 60_000

/**
 * What evicting needs of the database.
 *
 * @internal
 */
export interface EvictionServices {
  readonly log: CommitLog
  readonly readOnly: boolean
  /** Fires when the database begins to close. */
  readonly closing: AbortSignal
  /** Runs an operation that closing waits for. */
  run<T>(operation: () => Promise<T>): Promise<T>
  /** Told when all rows of a segment or more have gone. */
  readonly onEvicted: () => void
}

/**
 * Evicts rows of one collection.
 *
 * @internal
 */
export class RowEviction {
  readonly #state: CollectionState
  readonly #services: EvictionServices
  readonly #clockMs: () => number
  #underWay: Promise<void> | undefined
  /** The record under way. */
  #record: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  /** When the timer looks again. */
  #timerMs: number | undefined
  /** Rows that were submitted, visible or not. */
  #submittedRows = 0
  #isOver = false

  /** @param clockMs - milliseconds since 1970 */
  constructor(
    state: CollectionState,
    services: EvictionServices,
    clockMs: () => number = wallClockMs,
  ) {
    this.#state = state
    this.#services = services
    this.#clockMs = clockMs
  }

  /**
   * Looks whether rows are to go, and begins with it. Never throws.
   *
   * @param submittedRows - rows that are on their way, with those before them
   */
  begin(submittedRows = 0): void {
    this.#submittedRows = Math.max(this.#submittedRows, submittedRows)
    const { readOnly, closing, log } = this.#services
    if (this.#state.schema.retention === undefined || this.#underWay || this.#isOver) return
    if (readOnly || closing.aborted || log.poison) return
    if (this.#dueRow() <= this.#state.evictedRow) {
      this.#waitForExpiry()
      return
    }
    // A failure poisons the log, which whoever writes is told; and the rows are there still.
    const evicted = this.#services
      .run(() => log.orPoison('evict rows', () => this.#evict()))
      .catch(() => undefined)
    this.#underWay = evicted.finally(() => {
      this.#underWay = undefined
      this.begin()
    })
  }

  /**
   * Resolves when all rows have gone that are to go now, or the log is poisoned, whoever writes on
   * and on. Never rejects.
   */
  async settle(): Promise<void> {
    this.begin()
    const row = this.#dueRow()
    let record: Promise<unknown> | undefined
    while (this.#underWay !== undefined && this.#state.evictedRow < row) {
      // Where no other record has followed, it is about to end.
      if (record === this.#record) await this.#underWay
      record = this.#record
      // Whoever writes is told.
      await record.catch(() => undefined)
    }
  }

  /** Begins no more. */
  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  async #evict(): Promise<void> {
    const { log, closing } = this.#services
    const { rowsPerSegment } = this.#state.store
    const stepRows = Math.max(1, Math.floor(STEP_ROWS / rowsPerSegment)) * rowsPerSegment
    const before = Math.floor(this.#state.evictedRow / rowsPerSegment)
    try {
      for (let row = this.#dueRow(); row > this.#state.evictedRow; row = this.#dueRow()) {
        if (closing.aborted || this.#isOver) break
        const step = Math.floor(this.#state.evictedRow / rowsPerSegment) * rowsPerSegment + stepRows
        this.#record = log.submit(new EvictCommit(this.#state, Math.min(row, step)))
        await this.#record
      }
    } finally {
      const after = Math.floor(this.#state.evictedRow / rowsPerSegment)
      if (after > before) this.#services.onEvicted()
    }
  }

  #dueRow(): number {
    const { schema, visibleRows, store, times } = this.#state
    if (schema.retention === undefined) return 0
    const { stride, rowsPerSegment } = store
    const rowCount = Math.max(visibleRows, this.#submittedRows)
    return dueRow(schema.retention, { rowCount, stride, rowsPerSegment, times }, this.#clockMs())
  }

  /** Looks again when the oldest rows are too old; keeps no process alive. */
  #waitForExpiry(): void {
    const { schema, times } = this.#state
    const atMs = schema.retention && nextExpiryMs(schema.retention, times)
    if (atMs === this.#timerMs) return
    this.#timerMs = atMs
    clearTimeout(this.#timer)
    if (atMs === undefined) return
    const delayMs = Math.min(DELAY_MS_MAX, Math.max(0, atMs - this.#clockMs()) + 1)
    this.#timer = setTimeout(() => {
      this.#timerMs = undefined
      this.begin()
    }, delayMs)
    this.#timer.unref()
  }
}
