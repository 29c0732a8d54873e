/** The blocks of lists: those of older lists as they are, and behind them the codes of rows. */

import { BLOCK_ROWS, NO_ROW } from '../../code-layout.js'
import type { CodeSpace } from '../../contract/index.js'
import { EXTENT_NUMBERS } from '../list-places.js'
import type { RowLists } from '../row-lists.js'
import type { Assignment } from './assign-rows.js'
import type { ClusterJob } from './cluster-job.js'
import { allocateLists, type ListMemory } from './list-memory.js'
import { Blocks, ListWriter } from './list-writer.js'
import { BATCH_ROWS } from './row-gatherer.js'

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
  const memory = await allocateLists(job, contents.counts)
  const writer = new ListWriter(memory, job.layout)
  if (contents.from !== undefined) await copyLists(job, contents.from, writer)
  await writeRows(job, contents, writer)
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
        const [chunk, firstBlock, entries] = extents.subarray(EXTENT_NUMBERS * list)
        const at = (firstBlock! + block) * byteLength
        const blocks = chunks[chunk!]!.subarray(at, at + run * byteLength)
        writer.append(list, blocks, Math.min(run * BLOCK_ROWS, entries! - block * BLOCK_ROWS))
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

async function writeRows(
  { kernels, steps, gatherer, layout }: ClusterJob,
  { space, assignment }: ListContents,
  writer: ListWriter,
): Promise<void> {
  const { rows, lists, listsPerRow } = assignment
  const scratch = new Blocks(new Uint8Array((BATCH_ROWS / BLOCK_ROWS) * layout.byteLength))
  await steps.overRows(rows.length, BATCH_ROWS, (from, to) => {
    const packed = gatherer.gather(rows.subarray(from, to))
    const blocks = scratch.bytes.subarray(
      0,
      Math.ceil((to - from) / BLOCK_ROWS) * layout.byteLength,
    )
    kernels.encode({ space, rows: packed, rowBase: 0, blocks })
    for (let row = from; row < to; row++) {
      for (let i = row * listsPerRow; i < (row + 1) * listsPerRow; i++) {
        const list = lists[i]!
        if (list !== NO_ROW) writer.put(list, rows[row]!, scratch, row - from)
      }
    }
  })
}
