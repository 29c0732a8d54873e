/** Calls of simsimd over picked rows, ready to be timed: a call a pair, as its interface has it. */

import type { Metric } from '@sluice/core'
import { type Simsimd, simsimdOperation } from '../peer/simsimd.js'
import { typedView } from '../vectors/typed-view.js'
import type { RowSet } from './row-set.js'
import { type KernelCall, pickSets } from './vector-kernels.js'

/**
 * Calls of simsimd.
 *
 * @internal
 */
export interface SimsimdCalls {
  /** What simsimd calls the metric. */
  readonly operation: string
  /** A distance to each picked row. */
  readonly pairs: KernelCall
  /** As many distances of vectors of one element: what the calls alone take. */
  readonly empty: KernelCall
}

/**
 * Makes the calls; undefined where simsimd has no such distance.
 *
 * @internal
 */
export function simsimdCalls(
  simsimd: Simsimd,
  rows: RowSet,
  metric: Metric,
): SimsimdCalls | undefined {
  const operation = simsimdOperation(metric, rows.dtype)
  const distance = operation === undefined ? undefined : simsimd[operation]
  if (operation === undefined || distance === undefined) return undefined
  const view = (row: number): ArrayBufferView => typedView(rows.dtype, rows.row(row))
  const query = typedView(rows.dtype, rows.row(0).slice())
  const viewSets = pickSets(rows).map((picks) => Array.from(picks, view))
  const rowCount = viewSets[0]?.length ?? 0
  const first = query.subarray(0, 1)
  let turn = 0
  return {
    operation,
    pairs: {
      rowCount,
      run() {
        turn = (turn + 1) % viewSets.length
        for (const row of viewSets[turn] ?? []) distance(query, row)
      },
    },
    empty: {
      rowCount,
      run() {
        for (let i = 0; i < rowCount; i++) distance(first, first)
      },
    },
  }
}
