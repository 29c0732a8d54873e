/**
 * When lists are made, and how: anew around other centroids, or by adding rows to those there are.
 * Rows in no list cost every search a scan of their codes; a row costs the same to assign whenever
 * it happens, but clustering anew costs all rows.
 */

import type { IndexedRows } from './maintained-index.js'
import type { RowLists } from './row-lists.js'

/** Rows below which scanning all codes is as fast as lists. */
export const LISTED_ROWS_MIN = 65_536
/** Lists are made anew when there are so many times the rows of the last clustering. */
const GROWTH_MAX = 4
/** Or when this share of the rows in lists has died. */
const DEAD_SHARE_MAX = 0.3
/** Or when lists are so many times worse to scan than equal ones, … */
const IMBALANCE_MAX = 6
/** … and rows have come in since: the same rows would give the same lists. */
const IMBALANCED_GROWTH_MIN = 1.25
/** Searches are calibrated anew when fewer of their rows are left. */
const KEPT_MIN = 0.95
/** Rows are added to lists a sixteenth of those there at a time, as they copy all blocks. */
const TAIL_SHARE_MAX = 1 / 16
const TAIL_ROWS_MIN = 8192

/**
 * The lists that there are.
 *
 * @internal
 */
export interface MaintainedLists {
  readonly lists: RowLists
  /** Rows in them, dead or alive. */
  readonly listedRows: number
  /** Those that were alive when they were calibrated. */
  readonly calibratedRows: number
}

/**
 * What a collection is like.
 *
 * @internal
 */
export interface MaintenanceState {
  /** Whole blocks of visible rows. */
  readonly rowCount: number
  /** Those that are alive. */
  readonly aliveRows: number
  /** The lists there are, and the rows that were alive when they were made. */
  readonly current: MaintainedLists | undefined
  /** Rows with which lists did not pay. */
  readonly futile: IndexedRows | undefined
  /** Whether enough was asked to learn from it. */
  readonly isCalibrationDue: boolean
}

/**
 * Make lists, add rows to them, or find out anew how to search them.
 *
 * @internal
 */
export type MaintenanceTask = 'cluster' | 'extend' | 'calibrate'

/**
 * What is to be done now, if anything.
 *
 * @internal
 */
export function planMaintenance(state: MaintenanceState): MaintenanceTask | undefined {
  const { rowCount, aliveRows, current, futile } = state
  if (current === undefined) {
    const isWorthIt = aliveRows >= LISTED_ROWS_MIN && hasGrown(rowCount, futile, GROWTH_MAX)
    return isWorthIt ? 'cluster' : undefined
  }
  const { lists } = current
  if (rowCount >= GROWTH_MAX * lists.clusteredRows) return 'cluster'
  const tailRows = rowCount - lists.rowCount
  // Rows of the tail may be among the dead: then lists are made anew a little early.
  const deadRows = current.listedRows + tailRows - aliveRows
  if (deadRows > DEAD_SHARE_MAX * current.listedRows) return 'cluster'
  const isGrown = rowCount >= IMBALANCED_GROWTH_MIN * lists.clusteredRows
  if (isGrown && imbalanceOf(lists.extents) > IMBALANCE_MAX) return 'cluster'
  if (tailRows >= Math.max(TAIL_ROWS_MIN, TAIL_SHARE_MAX * current.listedRows)) return 'extend'
  const hasLost = aliveRows - tailRows < KEPT_MIN * current.calibratedRows
  return hasLost || state.isCalibrationDue ? 'calibrate' : undefined
}

/**
 * Whether so many rows have come in as make those that were alive at some time so many times as
 * many, be others dead by now.
 *
 * @param since - the rows of that time; undefined: there is none
 * @internal
 */
export function hasGrown(
  visibleRows: number,
  since: IndexedRows | undefined,
  times: number,
): boolean {
  if (since === undefined) return true
  return visibleRows >= since.visibleRows + (times - 1) * since.aliveRows
}

/** How many more entries are scanned than with lists of equal length: sum(n^2) K / sum(n)^2. */
function imbalanceOf(extents: Uint32Array): number {
  let sum = 0
  let squares = 0
  for (let at = 2; at < extents.length; at += 3) {
    sum += extents[at]!
    squares += extents[at]! * extents[at]!
  }
  return sum === 0 ? 1 : (squares * (extents.length / 3)) / (sum * sum)
}
