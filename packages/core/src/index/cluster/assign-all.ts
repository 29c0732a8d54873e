/**
 * Puts rows into lists, with the help of other threads where there are any. What is done with the
 * rows of lists is done on the calling thread and in row order, so that results are the same to the
 * bit whatever the number of threads.
 */

import {
  type AssignWork,
  assignRange,
  finishBatch,
  isFinished,
  type RowRange,
  rowsOfBatch,
  shareWork,
  takeBatch,
} from './assign-work.js'
import type { Assistants } from './cluster-input.js'
import type { ClusterJob } from './cluster-job.js'
import { BATCH_ROWS } from './row-gatherer.js'

/**
 * What is done with rows that have lists.
 *
 * @param packed - these rows
 * @internal
 */
export type RowsVisitor = (packed: Uint8Array, range: RowRange) => void

/**
 * Finds the lists of rows.
 *
 * @param visit - called for all rows in their order
 * @internal
 */
export async function assignAll(
  job: ClusterJob,
  work: AssignWork,
  visit: RowsVisitor,
): Promise<void> {
  const { kernels, gatherer, steps, host } = job
  if (host.assistants !== undefined) return assignTogether(job, work, host.assistants, visit)
  await steps.overRows(work.rows.length, BATCH_ROWS, (from, to) => {
    const range = { from, to }
    visit(assignRange(kernels, gatherer, work, range), range)
  })
}

async function assignTogether(
  { kernels, gatherer, steps }: ClusterJob,
  work: AssignWork,
  assistants: Assistants,
  visit: RowsVisitor,
): Promise<void> {
  const shared = shareWork(work)
  const batchCount = shared.finished.length
  const helped = assistants.help(shared)
  let visited = 0
  const visitNext = async (): Promise<void> => {
    const range = rowsOfBatch(work, visited++)
    visit(gatherer.gather(work.rows.subarray(range.from, range.to)), range)
    await steps.passed(range.to - range.from)
  }
  for (let own = takeBatch(shared); own !== undefined; own = takeBatch(shared)) {
    finishBatch(kernels, gatherer, shared, own)
    while (visited < batchCount && isFinished(shared, visited)) await visitNext()
  }
  await helped
  while (visited < batchCount) {
    // An assistant that failed may have left some.
    if (!isFinished(shared, visited)) finishBatch(kernels, gatherer, shared, visited)
    await visitNext()
  }
}
