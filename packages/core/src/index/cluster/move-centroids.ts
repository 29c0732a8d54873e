/**
 * Centroids become the means of their rows. Each list is one sum over its rows in their order, so
 * that it makes no difference which thread does it.
 */

import type { CodeSpace } from '../../contract/index.js'
import type { ClusterJob, WorkTools } from './cluster-job.js'
import { doTogether, finishPieces } from './do-together.js'
import { BATCH_ROWS } from './row-gatherer.js'
import { sortRows } from './sort-rows.js'
import type { Training } from './training.js'
import type { MeansPart } from './work-part.js'

/** Lists of a batch. */
const BATCH_LISTS = 16

/**
 * Moves centroids to the means of their rows, and counts these; centroids without rows stay.
 *
 * @internal
 */
export async function moveCentroids(
  job: ClusterJob,
  space: CodeSpace,
  training: Training,
): Promise<void> {
  const { sample: rows, lists, centroids, counts } = training
  const sorted = await sortRows(job.steps, counts.length, [{ rows, lists }])
  const part: MeansPart = { kind: 'means', space, centroids, ...sorted }
  await job.steps.over(counts.length, (from, to) => {
    for (let i = from; i < to; i++) counts[i] = part.starts[i + 1]! - part.starts[i]!
  })
  const batchCount = Math.ceil(counts.length / BATCH_LISTS)
  const { assistants } = job.host
  if (assistants === undefined) return job.steps.through(moveAll(job, part, batchCount))
  await doTogether(assistants, part, {
    batchCount,
    run: (batch) => finishPieces(moveLists(job, part, batch)),
    pause: () => job.steps.passed(0),
  })
}

function* moveAll(tools: WorkTools, part: MeansPart, batchCount: number): Generator<void> {
  for (let batch = 0; batch < batchCount; batch++) yield* moveLists(tools, part, batch)
}

/**
 * Moves the centroids of a batch of lists, some rows at a time.
 *
 * @internal
 */
export function* moveLists(
  { kernels, gatherer, elements }: WorkTools,
  { space, rows, starts, centroids }: MeansPart,
  batch: number,
): Generator<void> {
  const sums = new Float64Array(elements)
  const lists = new Uint32Array(BATCH_ROWS)
  const counts = new Uint32Array(1)
  const end = Math.min(starts.length - 1, (batch + 1) * BATCH_LISTS)
  for (let list = batch * BATCH_LISTS; list < end; list++) {
    const [from, to] = [starts[list]!, starts[list + 1]!]
    if (from === to) continue
    sums.fill(0)
    for (let first = from; first < to; first += BATCH_ROWS) {
      const packed = gatherer.gather(rows.subarray(first, Math.min(to, first + BATCH_ROWS)))
      const count = Math.min(to - first, BATCH_ROWS)
      kernels.accumulateMeans({
        space,
        rows: packed,
        lists: lists.subarray(0, count),
        sums,
        counts,
      })
      yield
    }
    const at = list * elements
    for (let i = 0; i < elements; i++) centroids[at + i] = sums[i]! / (to - from)
  }
}
