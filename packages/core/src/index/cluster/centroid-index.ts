/** Centroids as `assign` wants them. */

import { BLOCK_ROWS } from '../../code-layout.js'
import type { CodeSpace } from '../../contract/index.js'
import type { ClusterJob } from './cluster-job.js'

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
}

/**
 * Encodes centroids.
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
  return { centroids, blocks }
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
