/** Rows in the order of their lists: a counting sort, into shared memory. */

import { NO_ROW } from '../../code-layout.js'
import type { ClusterSteps } from './cluster-steps.js'
import { sharedNumbers } from './shared-arrays.js'

/**
 * Rows and their lists.
 *
 * @internal
 */
export interface ListedRows {
  readonly rows: Uint32Array
  /** As many for each row; `NO_ROW` where it is in fewer. */
  readonly lists: Uint32Array
}

/**
 * Rows by their lists.
 *
 * @internal
 */
export interface SortedRows {
  /** Row numbers, list after list. */
  readonly rows: Uint32Array
  /** Where those of each list begin, and their end behind them. */
  readonly starts: Uint32Array
}

/**
 * Sorts rows by their lists. In a list they stay in the order in which they come.
 *
 * @internal
 */
export async function sortRows(
  steps: ClusterSteps,
  listCount: number,
  sources: readonly ListedRows[],
): Promise<SortedRows> {
  const starts = sharedNumbers(listCount + 1)
  for (const { lists } of sources) {
    await steps.over(lists.length, (from, to) => {
      for (let i = from; i < to; i++) {
        const list = lists[i]!
        if (list !== NO_ROW) starts[list + 1]! += 1
      }
    })
  }
  for (let list = 0; list < listCount; list++) starts[list + 1]! += starts[list]!
  const next = starts.slice()
  const sorted = sharedNumbers(starts[listCount]!)
  for (const { rows, lists } of sources) {
    const listsPerRow = lists.length / rows.length
    await steps.over(rows.length, (from, to) => {
      for (let i = from * listsPerRow; i < to * listsPerRow; i++) {
        const list = lists[i]!
        if (list === NO_ROW) continue
        sorted[next[list]!] = rows[Math.floor(i / listsPerRow)]!
        next[list]! += 1
      }
    })
  }
  return { rows: sorted, starts }
}
