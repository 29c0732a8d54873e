/** Centroids as `assign` wants them. */

import { BLOCK_ROWS } from '../../code-layout.js'
import type { CentroidGroups, CodeSpace } from '../../contract/index.js'
import type { ClusterJob } from './cluster-job.js'
import { GROUP_CENTROIDS, GROUPED_CENTROIDS_MIN } from './cluster-plan.js'
import { sharedBytes, sharedNumbers } from './shared-arrays.js'

/**
 * Centroids and their codes.
 *
 * @internal
 */
export interface CentroidIndex {
  /** `K` times `n` numbers. */
  readonly centroids: Float32Array
  /** Their blocks, encoded under l2. */
  readonly blocks: Uint8Array
  /** Where there are many centroids, which are in order then (order-centroids.ts). */
  readonly groups: Omit<CentroidGroups, 'beam'> | undefined
}

/**
 * Encodes centroids, and their groups where there are many.
 *
 * @param space - of the rows
 * @param centroids - `K` times `n` numbers
 * @param blocks - room for their blocks, exactly
 * @internal
 */
export async function encodeCentroids(
  job: ClusterJob,
  space: CodeSpace,
  centroids: Float32Array,
  blocks: Uint8Array,
): Promise<CentroidIndex> {
  await encodeNumbers(job, space, centroids, blocks)
  return { centroids, blocks, groups: await groupCentroids(job, space, centroids) }
}

/** Groups of centroids that are in order: their means, encoded as centroids are. */
async function groupCentroids(
  job: ClusterJob,
  space: CodeSpace,
  centroids: Float32Array,
): Promise<CentroidIndex['groups']> {
  const { steps, elements } = job
  const count = centroids.length / elements
  if (count < GROUPED_CENTROIDS_MIN) return undefined
  const groupCount = Math.ceil(count / GROUP_CENTROIDS)
  const starts = sharedNumbers(groupCount + 1)
  for (let group = 0; group <= groupCount; group++) {
    starts[group] = Math.min(count, group * GROUP_CENTROIDS)
  }
  const means = new Float32Array(groupCount * elements)
  await steps.over(groupCount, (from, to) => {
    for (let group = from; group < to; group++) {
      const members = centroids.subarray(starts[group]! * elements, starts[group + 1]! * elements)
      means.set(meanOf(members, elements), group * elements)
    }
  })
  const blocks = sharedBytes(centroidBlocksBytes(job, means.length))
  await encodeNumbers(job, space, means, blocks)
  return { blocks, starts }
}

function meanOf(members: Float32Array, elements: number): Float64Array {
  const sums = new Float64Array(elements)
  for (let at = 0; at < members.length; at += elements) {
    for (let i = 0; i < elements; i++) sums[i] = sums[i]! + members[at + i]!
  }
  return sums.map((sum) => (sum * elements) / members.length)
}

async function encodeNumbers(
  job: ClusterJob,
  space: CodeSpace,
  centroids: Float32Array,
  blocks: Uint8Array,
): Promise<void> {
  const { kernels, steps, elements, layout } = job
  const numbers = new Uint8Array(centroids.buffer, centroids.byteOffset, centroids.byteLength)
  const target = centroidSpaceOf(space)
  const rowsBytes = BLOCK_ROWS * elements * Float32Array.BYTES_PER_ELEMENT
  await steps.over(blocks.byteLength / layout.byteLength, (from, to) => {
    kernels.encode({
      space: target,
      rows: numbers.subarray(from * rowsBytes, to * rowsBytes),
      rowBase: from * BLOCK_ROWS,
      blocks: blocks.subarray(from * layout.byteLength, to * layout.byteLength),
    })
  })
}

/**
 * Bytes of the blocks of centroids.
 *
 * @internal
 */
export function centroidBlocksBytes({ elements, layout }: ClusterJob, count: number): number {
  return Math.ceil(count / elements / BLOCK_ROWS) * layout.byteLength
}

/** Centroids are compared by l2 whatever the metric of the rows (docs/codes.md). */
function centroidSpaceOf(space: CodeSpace): CodeSpace {
  const { dtype, dimension, mean, signs } = space
  const isComplex = dtype === 'complex64' || dtype === 'complex128'
  return { metric: 'l2', dtype: isComplex ? 'complex64' : 'float32', dimension, mean, signs }
}
