/** The ids of consecutive rows of a collection that assigns them, as runs. */

import type { AssignedRuns } from './assigned-runs.js'
import { type IdRuns, RUN_FIELDS, RUNS_MAX } from './id-column.js'
import type { U64RowKeys } from './u64-row-keys.js'

/** Rows with ids of their own that are read at once: a fraction of a millisecond. */
const EXPLICIT_ROWS_MAX = 65_536
/** Room for a few runs, which is what most rows have: segments that go are read bit by bit. */
const RUNS_MIN = 64

/**
 * Reads the ids of rows from `fromRow` on: of at least one row and none from `toRow` on.
 *
 * @param runs - rows that came with a new id
 * @param explicit - ids of the others
 * @internal
 */
export function readIdRuns(
  runs: AssignedRuns,
  explicit: U64RowKeys,
  fromRow: number,
  toRow: number,
): IdRuns {
  const out = new RunWriter()
  let index = runs.indexFrom(fromRow)
  let row = fromRow
  while (row < toRow && !out.isFull) {
    const rowBase = index < runs.runCount ? runs.rowBase(index) : toRow
    if (row < rowBase) {
      out.addExplicit(explicit.numberAt(row))
      row += 1
      continue
    }
    const offset = row - rowBase
    const count = Math.min(runs.idCountOf(index) - offset, toRow - row)
    out.addAssigned(runs.idFirst(index) + offset, count)
    row += count
    index += 1
  }
  return { kind: 'runs', count: row - fromRow, fields: out.fields }
}

/** Joins ids to runs. */
class RunWriter {
  #fields = new Float64Array(RUNS_MIN * RUN_FIELDS)
  #length = 0
  #explicitRows = 0

  get isFull(): boolean {
    return this.#length === RUNS_MAX * RUN_FIELDS || this.#explicitRows === EXPLICIT_ROWS_MAX
  }

  get fields(): Float64Array {
    return this.#fields.slice(0, this.#length)
  }

  addAssigned(idFirst: number, count: number): void {
    this.#add(count, 0, idFirst)
  }

  addExplicit(id: number): void {
    this.#explicitRows += 1
    const fields = this.#fields
    const last = this.#length - RUN_FIELDS
    const continues =
      last >= 0 && fields[last + 1] === 1 && fields[last]! + fields[last + 2]! === id
    if (continues) fields[last] = fields[last]! + 1
    else this.#add(1, 1, id)
  }

  #add(count: number, explicit: number, idFirst: number): void {
    if (this.#length === this.#fields.length) {
      const grown = new Float64Array(2 * this.#fields.length)
      grown.set(this.#fields)
      this.#fields = grown
    }
    this.#fields[this.#length] = count
    this.#fields[this.#length + 1] = explicit
    this.#fields[this.#length + 2] = idFirst
    this.#length += RUN_FIELDS
  }
}
