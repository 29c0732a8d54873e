/** The space that the codes of lists are in. */

import type { CodeSpace } from '../../contract/index.js'
import { blankCodeSpace } from '../code-space.js'
import type { ClusterJob } from './cluster-job.js'
import { BATCH_ROWS } from './row-gatherer.js'

/**
 * The space around the mean of some rows; around zero when there are none.
 *
 * @internal
 */
export async function centreSpace(job: ClusterJob, sample: Uint32Array): Promise<CodeSpace> {
  const { kernels, steps, gatherer, elements } = job
  const space = blankCodeSpace(job.input.shape)
  const sums = new Float64Array(elements)
  const counts = new Uint32Array(1)
  const lists = new Uint32Array(BATCH_ROWS)
  await steps.overRows(sample.length, BATCH_ROWS, (from, to) => {
    const rows = gatherer.gather(sample.subarray(from, to))
    kernels.accumulateMeans({ space, rows, lists: lists.subarray(0, to - from), sums, counts })
  })
  const count = Math.max(1, counts[0]!)
  space.mean.set(sums.map((sum) => sum / count))
  return space
}
