/**
 * Which rows there are, and which of them are looked at. All row numbers are ascending,
 * and in shared memory: assistants read them.
 */

import { counts } from '../../row-mask.js'
import type { SegmentedRows } from '../row-lists.js'
import type { ClusterSteps } from './cluster-steps.js'
import type { SeededNumbers } from './seeded-numbers.js'
import { sharedNumbers } from './shared-arrays.js'

const WORD_ROWS = 32

/**
 * The rows from `fromRow` on that are alive and whose segments are there.
 *
 * @internal
 */
export async function findAliveRows(
  steps: ClusterSteps,
  rows: SegmentedRows,
  fromRow: number,
): Promise<Uint32Array> {
  const { firstRow, rowCount, mask } = rows
  const first = Math.max(firstRow, fromRow)
  const found = sharedNumbers(Math.max(0, rowCount - first))
  const firstWord = Math.floor((first - firstRow) / WORD_ROWS)
  let count = 0
  await steps.over(Math.ceil((rowCount - firstRow) / WORD_ROWS) - firstWord, (from, to) => {
    for (let word = firstWord + from; word < firstWord + to; word++) {
      if (mask?.[word] === 0) continue
      const start = firstRow + word * WORD_ROWS
      const end = Math.min(start + WORD_ROWS, rowCount)
      for (let row = Math.max(start, first); row < end; row++) {
        if (isAlive(rows, row)) found[count++] = row
      }
    }
  })
  return found.subarray(0, count)
}

/**
 * Whether a row is alive and its segment is there.
 *
 * @internal
 */
export function isAlive(rows: SegmentedRows, row: number): boolean {
  const { segments, rowsPerSegment } = rows
  return counts(rows, row) && segments[Math.floor(row / rowsPerSegment)] !== undefined
}

/**
 * Draws some of the rows, each set of so many as likely as any other: selection sampling (Knuth,
 * The Art of Computer Programming, volume 2, algorithm 3.4.2 S).
 *
 * @param count - how many; all when there are fewer
 * @internal
 */
export async function chooseRows(
  steps: ClusterSteps,
  rows: Uint32Array,
  count: number,
  numbers: SeededNumbers,
): Promise<Uint32Array> {
  if (count >= rows.length) return rows
  const chosen = sharedNumbers(count)
  let found = 0
  await steps.over(rows.length, (from, to) => {
    for (let i = from; i < to && found < count; i++) {
      if (numbers.below(rows.length - i) < count - found) chosen[found++] = rows[i]!
    }
  })
  return chosen
}
