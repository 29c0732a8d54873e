/**
 * Which rows there are, and which of them are looked at. All row numbers are ascending,
 * and in shared memory: assistants read them.
 */

import type { SegmentedRows } from '../row-lists.js'
import type { ClusterSteps } from './cluster-steps.js'
import type { SeededNumbers } from './seeded-numbers.js'
import { sharedNumbers } from './shared-arrays.js'

const WORD_ROWS = 32

/**
 * The rows from `firstRow` on that are alive and whose segments are there.
 *
 * @internal
 */
export async function findAliveRows(
  steps: ClusterSteps,
  rows: SegmentedRows,
  firstRow: number,
): Promise<Uint32Array> {
  const { rowCount, mask } = rows
  const found = sharedNumbers(Math.max(0, rowCount - firstRow))
  const firstWord = Math.floor(firstRow / WORD_ROWS)
  let count = 0
  await steps.over(Math.ceil(rowCount / WORD_ROWS) - firstWord, (from, to) => {
    for (let word = firstWord + from; word < firstWord + to; word++) {
      const bits = mask === undefined ? -1 : (mask[word] ?? 0)
      if (bits === 0) continue
      const end = Math.min((word + 1) * WORD_ROWS, rowCount)
      for (let row = Math.max(word * WORD_ROWS, firstRow); row < end; row++) {
        if ((bits & (1 << (row & 31))) !== 0 && isThere(rows, row)) found[count++] = row
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
  const { mask } = rows
  const isDead = mask !== undefined && ((mask[row >>> 5] ?? 0) & (1 << (row & 31))) === 0
  return !isDead && isThere(rows, row)
}

function isThere({ segments, rowsPerSegment }: SegmentedRows, row: number): boolean {
  return segments[Math.floor(row / rowsPerSegment)] !== undefined
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
