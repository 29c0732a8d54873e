/** A whole build: lists, and how to search them. */

import type { KernelProvider } from '../../contract/index.js'
import { calibrate } from '../calibration/calibrate.js'
import type { Calibration } from '../calibration/calibration.js'
import type { RowLists } from '../row-lists.js'
import type { ClusterHost, ClusterInput } from './cluster-input.js'
import { clusterRows } from './cluster-rows.js'

/**
 * Lists that can be searched.
 *
 * @internal
 */
export interface CalibratedLists {
  readonly lists: RowLists
  readonly calibration: Calibration
}

/**
 * Puts rows into lists and calibrates the search of them. Lists that have all rows already are only
 * calibrated.
 *
 * @throws whatever the host's functions reject with; what they allocated is theirs to give back
 * @internal
 */
export async function buildLists(
  kernels: KernelProvider,
  input: ClusterInput,
  host: ClusterHost,
): Promise<CalibratedLists> {
  const { rows, queries, seed, from } = input
  const { rowCount } = rows
  const lists = from?.rowCount === rowCount ? from : await clusterRows(kernels, input, host)
  const step = (share: number): Promise<void> =>
    host.step({ stage: 'calibrate', rowsDone: Math.floor(share * rowCount), rowsTotal: rowCount })
  const { assistants } = host
  const task = { lists, rows, queries, seed, assistants }
  const calibration = await calibrate(kernels, task, step)
  await step(1)
  return { lists, calibration }
}
