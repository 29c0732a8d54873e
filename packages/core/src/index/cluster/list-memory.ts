/** The memory that lists are written to. */

import { ListPlaces } from '../list-places.js'
import type { ClusterJob } from './cluster-job.js'

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
  const places = new ListPlaces(counts.length, layout.byteLength)
  await steps.over(counts.length, (from, to) => places.place(counts, from, to))
  const chunks: Uint8Array[] = []
  for (const blocks of places.chunkBlocks) {
    chunks.push(await host.allocate(blocks * layout.byteLength))
  }
  return { chunks, extents: places.extents }
}
