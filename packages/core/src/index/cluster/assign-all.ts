/** Puts rows into lists, with the help of other threads where there are any. */

import type { ClusterJob, WorkTools } from './cluster-job.js'
import type { Stretch } from './cluster-steps.js'
import { overRowsTogether } from './over-rows.js'
import type { AssignPart } from './work-part.js'

/**
 * Finds the lists of rows.
 *
 * @internal
 */
export async function assignAll(job: ClusterJob, part: AssignPart): Promise<void> {
  await overRowsTogether(job, part, assignStretch(job, part))
}

/**
 * Finds the lists of some rows.
 *
 * @internal
 */
export function assignStretch(
  { kernels, gatherer }: WorkTools,
  { task, rows, lists }: AssignPart,
): Stretch {
  const { listsPerRow } = task
  return (from, to) => {
    const packed = gatherer.gather(rows.subarray(from, to))
    const found = lists.subarray(from * listsPerRow, to * listsPerRow)
    kernels.assign({ ...task, rows: packed, lists: found })
  }
}
