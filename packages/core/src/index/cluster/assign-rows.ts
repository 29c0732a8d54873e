/** The lists of all rows. */

import type { CodeSpace } from '../../contract/index.js'
import { assignAll } from './assign-all.js'
import type { CentroidIndex } from './centroid-index.js'
import type { ClusterJob } from './cluster-job.js'
import { BEAM, CANDIDATES, MARGIN } from './cluster-plan.js'
import { sharedNumbers } from './shared-arrays.js'

/**
 * Finds the lists of rows.
 *
 * @param rows - their numbers, ascending
 * @returns `listsPerRow` lists for each row; `NO_ROW` where there is no second
 * @internal
 */
export async function assignRows(
  job: ClusterJob,
  space: CodeSpace,
  { groups, ...index }: CentroidIndex,
  rows: Uint32Array,
): Promise<Uint32Array> {
  const { listsPerRow } = job.input
  const lists = sharedNumbers(rows.length * listsPerRow)
  const near = groups && { ...groups, beam: Math.min(BEAM, groups.starts.length - 1) }
  const limits = { candidatesMax: CANDIDATES, margin: MARGIN, listsPerRow, groups: near }
  await assignAll(job, { kind: 'assign', task: { space, ...index, ...limits }, rows, lists })
  return lists
}
