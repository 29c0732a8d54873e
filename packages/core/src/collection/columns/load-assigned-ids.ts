/** Rebuilds an index of assigned ids from frames: part of the column loader. */

import { InternalError } from '../../errors.js'
import type { U64IdBatch } from '../../id-batch.js'
import { AssignedIdIndex } from '../ids/assigned-id-index.js'
import { RUN_FIELDS } from '../ids/id-column.js'
import { type IdIndex, NO_ROW } from '../ids/id-index.js'
import type { FrameRows } from './frame-rows.js'
import { decodeIdRuns } from './id-runs-column.js'
import { wordsOf } from './packed-column.js'

/** Rows between two looks at the clock: some tenths of a millisecond. */
const STEP_ROWS = 4096
const TWO_32 = 2 ** 32

/** Lets the event loop turn, when it is time. */
type Pause = () => Promise<void> | undefined

/** Consecutive rows with consecutive ids. */
interface Run {
  /** The first row, in the frame. */
  readonly row: number
  readonly count: number
  readonly idFirst: number
}

/**
 * Loads frames of assigned ids, in row order.
 *
 * @internal
 */
export class AssignedIdLoader {
  readonly #ids: AssignedIdIndex
  readonly #nextId: number
  /** Above every id that rows have had so far. */
  #idEnd = 1
  /** Explicit ids of consecutive rows that are still to be put, and the first of those rows. */
  readonly #words = new Uint32Array(2 * STEP_ROWS)
  readonly #previous = new Uint32Array(STEP_ROWS)
  #explicitRow = 0
  #explicitCount = 0

  /** @param nextId - above every id that was ever assigned */
  constructor(ids: IdIndex, nextId: number) {
    if (!(ids instanceof AssignedIdIndex)) throw new InternalError('the ids are not assigned')
    this.#ids = ids
    this.#nextId = nextId
    ids.restoreNextId(nextId)
  }

  /** @throws CorruptionError for anything that could not have been written */
  async load(rows: FrameRows, pause: Pause): Promise<void> {
    const { body, rowCount } = rows.frame
    const runs = decodeIdRuns(wordsOf(body), rowCount)
    if (typeof runs === 'string') throw rows.corrupt(runs)
    let row = 0
    for (let at = 0; at < runs.fields.length; at += RUN_FIELDS) {
      const run = { row, count: runs.fields[at]!, idFirst: runs.fields[at + 2]! }
      if (runs.fields[at + 1] === 1) {
        await this.#loadExplicit(rows, run, pause)
      } else {
        this.#putExplicit(rows)
        await this.#loadAssigned(rows, run, pause)
      }
      row += run.count
    }
    this.#putExplicit(rows)
  }

  /** Ids that came into being with these rows; those of dead rows are gone again. */
  async #loadAssigned(rows: FrameRows, { row, count, idFirst }: Run, pause: Pause): Promise<void> {
    if (idFirst < this.#idEnd || idFirst + count > this.#nextId) {
      const range = `${idFirst} to ${idFirst + count - 1}`
      throw rows.corrupt(`ids ${range} are not from ${this.#idEnd} to ${this.#nextId - 1}`)
    }
    this.#ids.restoreRun(idFirst, rows.frame.rowBase + row, count)
    this.#idEnd = idFirst + count
    for (let from = row; from < row + count; from += STEP_ROWS) {
      rows.eachDead(from, Math.min(row + count, from + STEP_ROWS), (start, stop) => {
        this.#ids.removeRestored(idFirst + start - row, stop - start)
      })
      await pause()
    }
  }

  /** Rows that were written under ids which had been assigned before. */
  async #loadExplicit(rows: FrameRows, { row, count, idFirst }: Run, pause: Pause): Promise<void> {
    for (let i = 0; i < count; i++) {
      if (this.#explicitCount === 0) this.#explicitRow = row + i
      const at = 2 * this.#explicitCount
      this.#words[at] = (idFirst + i) % TWO_32
      this.#words[at + 1] = Math.floor((idFirst + i) / TWO_32)
      this.#explicitCount += 1
      if (this.#explicitCount < STEP_ROWS) continue
      this.#putExplicit(rows)
      await pause()
    }
  }

  /** Enters the explicit ids of alive rows. */
  #putExplicit(rows: FrameRows): void {
    const count = this.#explicitCount
    const first = this.#explicitRow
    const ids: U64IdBatch = { kind: 'u64', count, words: this.#words }
    const put = { rowBase: rows.frame.rowBase + first, previous: this.#previous }
    rows.eachAlive(first, first + count, (start, stop) => {
      for (let i = start - first; i < stop - first; i++) this.#checkExplicit(rows, first, i)
      this.#ids.put(ids, start - first, stop - first, put)
      for (let i = start - first; i < stop - first; i++) {
        const other = put.previous[i] ?? NO_ROW
        if (other !== NO_ROW) throw rows.duplicate(first + i, other)
      }
    })
    this.#explicitCount = 0
  }

  /** Checks that an id was assigned before its row was written. */
  #checkExplicit(rows: FrameRows, first: number, index: number): void {
    const id = this.#words[2 * index + 1]! * TWO_32 + this.#words[2 * index]!
    if (id < 1 || id >= this.#nextId) {
      const row = rows.frame.rowBase + first + index
      throw rows.corrupt(`row ${row}: id ${id} is not from 1 to ${this.#nextId - 1}`)
    }
    this.#idEnd = Math.max(this.#idEnd, id + 1)
  }
}
