/** The lists of all rows. */

import { NO_ROW } from '../../code-layout.js'
import type { CodeSpace } from '../../contract/index.js'
import type { CentroidIndex } from './centroid-index.js'
import type { ClusterJob } from './cluster-job.js'
import { BEAM, CANDIDATES, MARGIN } from './cluster-plan.js'
import { BATCH_ROWS } from './row-gatherer.js'

/**
 * Which rows are in which lists.
 *
 * @internal
 */
export interface Assignment {
  /** Row numbers, ascending. */
  readonly rows: Uint32Array
  /** `listsPerRow` lists for each row; `NO_ROW` where there is no second. */
  readonly lists: Uint32Array
  readonly listsPerRow: 1 | 2
}

/**
 * Finds the lists of rows.
 *
 * @param counts - entries of each list, counted up
 * @internal
 */
export async function assignRows(
  job: ClusterJob,
  space: CodeSpace,
  { groups, ...index }: CentroidIndex,
  { rows, counts }: { readonly rows: Uint32Array; readonly counts: Uint32Array },
): Promise<Assignment> {
  const { kernels, steps, gatherer, input } = job
  const { listsPerRow } = input
  const lists = new Uint32Array(rows.length * listsPerRow)
  const near = groups && { ...groups, beam: Math.min(BEAM, groups.starts.length - 1) }
  const limits = { candidatesMax: CANDIDATES, margin: MARGIN, listsPerRow, groups: near }
  await steps.overRows(rows.length, BATCH_ROWS, (from, to) => {
    const batch = lists.subarray(from * listsPerRow, to * listsPerRow)
    const packed = gatherer.gather(rows.subarray(from, to))
    kernels.assign({ space, rows: packed, ...index, ...limits, lists: batch })
    for (const list of batch) if (list !== NO_ROW) counts[list] = counts[list]! + 1
  })
  return { rows, lists, listsPerRow }
}
