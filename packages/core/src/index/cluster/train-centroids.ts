/**
 * Lloyd's algorithm over a sample: rows to their nearest centroids, centroids to the means of their
 * rows, a few times. Lists that get no row are begun anew somewhere else, and those for which there
 * is no place, as where most rows are equal, are left out in the end.
 */

import type { CodeSpace } from '../../contract/index.js'
import { assignAll } from './assign-all.js'
import { type CentroidIndex, centroidBlocksBytes, encodeCentroids } from './centroid-index.js'
import { chooseRows } from './choose-rows.js'
import type { ClusterJob } from './cluster-job.js'
import {
  GROUPED_CENTROIDS_MIN,
  MARGIN,
  TRAINING_BEAM,
  TRAINING_CANDIDATES,
} from './cluster-plan.js'
import { collapseCentroids } from './collapse-centroids.js'
import { moveCentroids } from './move-centroids.js'
import { orderCentroids } from './order-centroids.js'
import { reseedEmptyLists } from './reseed-empty-lists.js'
import { BATCH_ROWS } from './row-gatherer.js'
import type { SeededNumbers } from './seeded-numbers.js'
import { sharedBytes, sharedFloats, sharedNumbers } from './shared-arrays.js'
import type { Training } from './training.js'
import { RowWidener } from './widen-rows.js'

/**
 * What centroids are learnt from.
 *
 * @internal
 */
export interface TrainingInput {
  readonly space: CodeSpace
  /** Numbers of rows; one at least. */
  readonly sample: Uint32Array
  /** Centroids wanted. */
  readonly listCount: number
  /** At least 1. */
  readonly rounds: number
  readonly numbers: SeededNumbers
}

/**
 * Learns centroids.
 *
 * @returns at most `listCount` times `n` numbers, and at least `n`
 * @internal
 */
export async function trainCentroids(job: ClusterJob, input: TrainingInput): Promise<Float32Array> {
  const { space, sample, numbers } = input
  const widener = new RowWidener(job, space)
  const seeds = await chooseRows(job.steps, sample, input.listCount, numbers)
  const centroids = await widenAll(job, widener, seeds)
  const blocks = sharedBytes(centroidBlocksBytes(job, centroids.length))
  const training: Training = {
    sample,
    lists: sharedNumbers(sample.length),
    centroids,
    counts: new Uint32Array(seeds.length),
  }
  // They move about, but neighbours stay neighbours.
  if (seeds.length >= GROUPED_CENTROIDS_MIN) centroids.set(await orderedCentroids(job, centroids))
  await collapseCentroids(job.kernels, centroids)
  for (let round = 0; round < input.rounds; round++) {
    const index = await encodeCentroids(job, space, centroids, blocks)
    await assignSample(job, space, index, training)
    await moveCentroids(job, space, training)
    await reseedEmptyLists(job, widener, training, numbers)
  }
  const kept = await dropEmptyLists(job, training)
  return kept.length < GROUPED_CENTROIDS_MIN * job.elements ? kept : orderedCentroids(job, kept)
}

/** Centroids in an order in which they fall into groups. */
async function orderedCentroids(job: ClusterJob, centroids: Float32Array): Promise<Float32Array> {
  const { steps, elements } = job
  const order = await orderCentroids(job, centroids)
  const ordered = new Float32Array(centroids.length)
  await steps.over(order.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const at = order[i]! * elements
      ordered.set(centroids.subarray(at, at + elements), i * elements)
    }
  })
  return ordered
}

/** The numbers of rows, float32 and exact. */
async function widenAll(
  { steps, elements }: ClusterJob,
  widener: RowWidener,
  rows: Uint32Array,
): Promise<Float32Array> {
  const numbers = sharedFloats(rows.length * elements)
  await steps.over(Math.ceil(rows.length / BATCH_ROWS), (from, to) => {
    for (let batch = from; batch < to; batch++) {
      const first = batch * BATCH_ROWS
      numbers.set(widener.widen(rows.subarray(first, first + BATCH_ROWS)), first * elements)
    }
  })
  return numbers
}

/** Puts the rows of the sample into lists. */
async function assignSample(
  job: ClusterJob,
  space: CodeSpace,
  { groups, ...index }: CentroidIndex,
  { sample: rows, lists }: Training,
): Promise<void> {
  const near = groups && { ...groups, beam: TRAINING_BEAM }
  const limits = { candidatesMax: TRAINING_CANDIDATES, margin: MARGIN, groups: near }
  const task = { space, ...index, ...limits, listsPerRow: 1 } as const
  await assignAll(job, { kind: 'assign', task, rows, lists })
}

async function dropEmptyLists(
  { steps, elements }: ClusterJob,
  { centroids, counts }: Training,
): Promise<Float32Array> {
  let kept = 0
  await steps.over(counts.length, (from, to) => {
    for (let list = from; list < to; list++) {
      if (counts[list] === 0) continue
      centroids.copyWithin(kept * elements, list * elements, (list + 1) * elements)
      kept++
    }
  })
  return centroids.subarray(0, kept * elements)
}
