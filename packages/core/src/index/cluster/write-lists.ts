/** The blocks of lists: those of older lists as they are, and behind them the codes of rows. */

import { BLOCK_ROWS } from '../../code-layout.js'
import type { CodeSpace } from '../../contract/index.js'
import { EXTENT_NUMBERS } from '../list-places.js'
import type { RowLists } from '../row-lists.js'
import type { Assignment } from './assign-rows.js'
import type { ClusterJob } from './cluster-job.js'
import { allocateLists, type ListMemory } from './list-memory.js'
import { ListWriter } from './list-writer.js'
import { writeRows } from './write-rows.js'

/**
 * What lists are made of.
 *
 * @internal
 */
export interface ListContents {
  readonly space: CodeSpace
  /** Lists that come first; their space and their number are the same. */
  readonly from: RowLists | undefined
  readonly assignment: Assignment
  /** Entries of each list, those of `from` included. */
  readonly counts: Uint32Array
}

/**
 * Writes lists into new memory.
 *
 * @internal
 */
export async function writeLists(job: ClusterJob, contents: ListContents): Promise<ListMemory> {
  const { space, from, assignment, counts } = contents
  const memory = await allocateLists(job, counts)
  const writer = new ListWriter(memory, job.layout)
  // All other lanes are written.
  await job.steps.over(counts.length, (first, end) => {
    for (let list = first; list < end; list++) writer.clearLast(list, counts[list]!)
  })
  if (from !== undefined) await copyLists(job, from, writer)
  await writeRows(job, { kind: 'write', space, ...assignment, ...memory })
  return memory
}

/** Copies the blocks of older lists, a run of blocks of one list at a time. */
async function copyLists(
  { steps, layout }: ClusterJob,
  from: RowLists,
  writer: ListWriter,
): Promise<void> {
  const { chunks, extents } = from
  const { byteLength } = layout
  let blockCount = 0
  await steps.over(extents.length / EXTENT_NUMBERS, (first, end) => {
    for (let list = first; list < end; list++) blockCount += blocksOf(extents, list)
  })
  let list = 0
  let block = 0
  await steps.over(blockCount, (first, end) => {
    for (let left = end - first; left > 0; ) {
      const run = Math.min(left, blocksOf(extents, list) - block)
      if (run > 0) {
        const [chunk, firstBlock] = extents.subarray(EXTENT_NUMBERS * list)
        const at = (firstBlock! + block) * byteLength
        writer.copy(list, block, chunks[chunk!]!.subarray(at, at + run * byteLength))
      }
      left -= run
      block += run
      if (block < blocksOf(extents, list)) continue
      list++
      block = 0
    }
  })
}

function blocksOf(extents: Uint32Array, list: number): number {
  return Math.ceil(extents[EXTENT_NUMBERS * list + 2]! / BLOCK_ROWS)
}
