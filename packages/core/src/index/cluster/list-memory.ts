/**
 * Where lists lie: each in whole blocks, in the order of their numbers, in chunks that no list
 * spans.
 */

import { BLOCK_ROWS } from '../../code-layout.js'
import type { ClusterJob } from './cluster-job.js'
import { CHUNK_BYTES } from './cluster-plan.js'

/** Numbers of a list in the extents. @internal */
export const EXTENT_NUMBERS = 3

/**
 * The memory of lists.
 *
 * @internal
 */
export interface ListMemory {
  readonly chunks: readonly Uint8Array[]
  /** Three numbers a list: its chunk, its first block in the chunk, its entries. */
  readonly extents: Uint32Array
}

/**
 * Memory for lists of these lengths, its bytes arbitrary.
 *
 * @param counts - entries of each list
 * @internal
 */
export async function allocateLists(job: ClusterJob, counts: Uint32Array): Promise<ListMemory> {
  const { steps, host, layout } = job
  const blocksMax = Math.max(1, Math.floor(CHUNK_BYTES / layout.byteLength))
  const extents = new Uint32Array(new SharedArrayBuffer(4 * EXTENT_NUMBERS * counts.length))
  const chunkBlocks: number[] = []
  await steps.over(counts.length, (from, to) => {
    for (let list = from; list < to; list++) {
      const count = counts[list]!
      if (count === 0) continue
      const blocks = Math.ceil(count / BLOCK_ROWS)
      const used = chunkBlocks.at(-1)
      if (used === undefined || used + blocks > blocksMax) chunkBlocks.push(0)
      const chunk = chunkBlocks.length - 1
      extents.set([chunk, chunkBlocks[chunk]!, count], EXTENT_NUMBERS * list)
      chunkBlocks[chunk] = chunkBlocks[chunk]! + blocks
    }
  })
  const chunks: Uint8Array[] = []
  for (const blocks of chunkBlocks) chunks.push(await host.allocate(blocks * layout.byteLength))
  return { chunks, extents }
}
