/**
 * Makes the lists of a collection, anew or by adding rows to the ones there are. One long job in
 * short stretches, on whichever thread its host is. What it makes follows from the rows, the mask
 * and the seed alone: not from the kernels, the clock or the host.
 */

import type { CodeSpace, KernelProvider } from '../../contract/index.js'
import { InternalError } from '../../errors.js'
import type { RowLists } from '../row-lists.js'
import { assignRows } from './assign-rows.js'
import { centreSpace } from './centre-space.js'
import { type CentroidIndex, centroidBlocksBytes, encodeCentroids } from './centroid-index.js'
import { chooseRows, findAliveRows } from './choose-rows.js'
import type { ClusterHost, ClusterInput } from './cluster-input.js'
import { type ClusterJob, createClusterJob } from './cluster-job.js'
import { clusterPlanOf } from './cluster-plan.js'
import { collapseCentroids } from './collapse-centroids.js'
import { SeededNumbers } from './seeded-numbers.js'
import { trainCentroids } from './train-centroids.js'
import { writeLists } from './write-lists.js'

/**
 * Puts rows into lists: all of them around new centroids, or where `input.from` is given those from
 * `input.from.rowCount` on into its lists. Of rows that are dead or freed there are no new entries;
 * old ones stay, but for those in last blocks that were not full.
 *
 * @returns lists whose chunks and centroids are in memory from `host.allocate`; the one list of no
 *   rows at all is around zero
 * @throws whatever the host's functions reject with; what they allocated is theirs to give back
 * @internal
 */
export async function clusterRows(
  kernels: KernelProvider,
  input: ClusterInput,
  host: ClusterHost,
): Promise<RowLists> {
  const job = createClusterJob(kernels, input, host)
  try {
    return await (input.from === undefined ? makeLists(job) : extendLists(job, input.from))
  } finally {
    job.gatherer.release()
  }
}

async function makeLists(job: ClusterJob): Promise<RowLists> {
  const { input, steps } = job
  steps.begin('sample', 0)
  const alive = await findAliveRows(steps, input.rows, 0)
  const plan = clusterPlanOf(alive.length)
  const numbers = new SeededNumbers(input.seed)
  const sample = await chooseRows(steps, alive, plan.sampleRows, numbers)
  const centre = await chooseRows(steps, sample, plan.meanRows, numbers)
  steps.begin('sample', centre.length)
  const space = await centreSpace(job, centre)
  const { listCount, trainingRounds: rounds } = plan
  steps.begin('train', rounds * sample.length)
  const trained =
    sample.length === 0
      ? new Float32Array(job.elements)
      : await trainCentroids(job, { space, sample, listCount, rounds, numbers })
  const index = await keepCentroids(job, space, trained)
  steps.begin('assign', alive.length)
  const lists = await assignRows(job, space, index, alive)
  const { centroids, blocks: centroidBlocks } = index
  const contents = { space, centroids, from: undefined, rows: alive, lists }
  const memory = await writeLists(job, contents)
  return {
    space,
    rowCount: input.rows.rowCount,
    clusteredRows: input.rows.rowCount,
    listsPerRow: input.listsPerRow,
    centroids,
    centroidBlocks,
    ...memory,
  }
}

async function extendLists(job: ClusterJob, from: RowLists): Promise<RowLists> {
  const { input, steps } = job
  const { rowCount } = input.rows
  const { space, listsPerRow } = from
  if (rowCount < from.rowCount || listsPerRow !== input.listsPerRow) {
    const message = `lists of ${from.rowCount} rows, ${listsPerRow} a row, cannot become lists of`
    throw new InternalError(`${message} ${rowCount} rows, ${input.listsPerRow} a row`)
  }
  steps.begin('assign', 0)
  const rows = await findAliveRows(steps, input.rows, from.rowCount)
  steps.begin('assign', rows.length)
  // The memory of the lists before goes when these take their place.
  const index = await keepCentroids(job, space, from.centroids)
  const lists = await assignRows(job, space, index, rows)
  const { centroids, blocks: centroidBlocks } = index
  const memory = await writeLists(job, { space, centroids, from, rows, lists })
  return { ...from, rowCount, centroids, centroidBlocks, ...memory }
}

/** Centroids and their codes in memory that stays. */
async function keepCentroids(
  job: ClusterJob,
  space: CodeSpace,
  trained: Float32Array,
): Promise<CentroidIndex> {
  const bytes = await job.host.allocate(trained.byteLength)
  const centroids = new Float32Array(bytes.buffer, bytes.byteOffset, trained.length)
  const { elements } = job
  await job.steps.over(trained.length / elements, (from, to) => {
    centroids.set(trained.subarray(from * elements, to * elements), from * elements)
  })
  await collapseCentroids(job.kernels, centroids)
  const blocks = await job.host.allocate(centroidBlocksBytes(job, trained.length))
  return encodeCentroids(job, space, centroids, blocks)
}
