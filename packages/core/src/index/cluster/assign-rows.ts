/** The lists of all rows. */

import { NO_ROW } from '../../code-layout.js'
import type { CodeSpace } from '../../contract/index.js'
import { assignAll } from './assign-all.js'
import type { CentroidIndex } from './centroid-index.js'
import type { ClusterJob } from './cluster-job.js'
import { BEAM, CANDIDATES, MARGIN } from './cluster-plan.js'
import { sharedNumbers } from './shared-arrays.js'

/**
 * Which rows are in which lists, and where in them.
 *
 * @internal
 */
export interface Assignment {
  /** Row numbers, ascending. */
  readonly rows: Uint32Array
  /** `listsPerRow` lists for each row; `NO_ROW` where there is no second. */
  readonly lists: Uint32Array
  /** Likewise, how many entries of the list come before. */
  readonly places: Uint32Array
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
  const { listsPerRow } = job.input
  const lists = sharedNumbers(rows.length * listsPerRow)
  const near = groups && { ...groups, beam: Math.min(BEAM, groups.starts.length - 1) }
  const limits = { candidatesMax: CANDIDATES, margin: MARGIN, listsPerRow, groups: near }
  await assignAll(job, { kind: 'assign', task: { space, ...index, ...limits }, rows, lists })
  const places = sharedNumbers(lists.length)
  await job.steps.over(lists.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const list = lists[i]!
      if (list === NO_ROW) continue
      const place = counts[list]!
      places[i] = place
      counts[list] = place + 1
    }
  })
  return { rows, lists, places, listsPerRow }
}
