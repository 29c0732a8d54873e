/** The blocks of lists: whole ones of older lists as they are, and codes of rows behind them. */

import { BLOCK_ROWS } from '../../code-layout.js'
import type { CodeSpace } from '../../contract/index.js'
import { EXTENT_NUMBERS, extentOf } from '../list-places.js'
import type { RowLists } from '../row-lists.js'
import { isAlive } from './choose-rows.js'
import type { ClusterJob } from './cluster-job.js'
import { allocateLists, type ListMemory } from './list-memory.js'
import { sharedNumbers } from './shared-arrays.js'
import { type ListedRows, type SortedRows, sortRows } from './sort-rows.js'
import { writeRows } from './write-rows.js'

/**
 * What lists are made of.
 *
 * @internal
 */
export interface ListContents extends ListedRows {
  readonly space: CodeSpace
  readonly centroids: Float32Array
  /** Lists that come first; their space and their number are the same. */
  readonly from: RowLists | undefined
}

/**
 * Writes lists into new memory.
 *
 * @internal
 */
export async function writeLists(job: ClusterJob, contents: ListContents): Promise<ListMemory> {
  const { space, centroids, from, rows, lists } = contents
  const { steps } = job
  const listCount = centroids.length / job.elements
  const last = from === undefined ? [] : [await findLastRows(job, from)]
  const sorted = await sortRows(steps, listCount, [...last, { rows, lists }])
  const memory = await allocateLists(job, await countEntries(job, sorted, from))
  if (from !== undefined) await copyBlocks(job, from, memory)
  steps.begin('write', sorted.rows.length)
  await writeRows(job, { kind: 'write', space, centroids, ...sorted, ...memory })
  return memory
}

/** The rows in the last blocks of lists, where those are not full, as far as they are alive. */
async function findLastRows(
  { steps, layout, rows }: ClusterJob,
  { chunks, extents }: RowLists,
): Promise<ListedRows> {
  const listCount = extents.length / EXTENT_NUMBERS
  const found = sharedNumbers(listCount * (BLOCK_ROWS - 1))
  const lists = sharedNumbers(found.length)
  let count = 0
  await steps.over(listCount, (first, end) => {
    for (let list = first; list < end; list++) {
      const { chunk, block, entries } = extentOf(extents, list)
      const rest = entries % BLOCK_ROWS
      if (rest === 0) continue
      const at = (block + Math.floor(entries / BLOCK_ROWS)) * layout.byteLength + layout.rowsAt
      const { buffer, byteOffset } = chunks[chunk]!
      for (const row of new Uint32Array(buffer, byteOffset + at, rest)) {
        if (!isAlive(rows, row)) continue
        found[count] = row
        lists[count++] = list
      }
    }
  })
  return { rows: found.subarray(0, count), lists: lists.subarray(0, count) }
}

/** Entries of each list: those in whole blocks, and those behind them. */
async function countEntries(
  { steps }: ClusterJob,
  { starts }: SortedRows,
  from: RowLists | undefined,
): Promise<Uint32Array> {
  const counts = new Uint32Array(starts.length - 1)
  await steps.over(counts.length, (first, end) => {
    for (let list = first; list < end; list++) {
      const kept = from === undefined ? 0 : BLOCK_ROWS * wholeBlocksOf(from.extents, list)
      counts[list] = kept + starts[list + 1]! - starts[list]!
    }
  })
  return counts
}

/** Copies the whole blocks of older lists, a run of blocks of one list at a time. */
async function copyBlocks(
  { steps, layout }: ClusterJob,
  from: RowLists,
  to: ListMemory,
): Promise<void> {
  const { byteLength } = layout
  let blockCount = 0
  await steps.over(from.extents.length / EXTENT_NUMBERS, (first, end) => {
    for (let list = first; list < end; list++) blockCount += wholeBlocksOf(from.extents, list)
  })
  let list = 0
  let block = 0
  await steps.over(blockCount, (first, end) => {
    for (let left = end - first; left > 0; ) {
      const run = Math.min(left, wholeBlocksOf(from.extents, list) - block)
      if (run > 0) {
        const source = extentOf(from.extents, list)
        const target = extentOf(to.extents, list)
        const at = (source.block + block) * byteLength
        const blocks = from.chunks[source.chunk]!.subarray(at, at + run * byteLength)
        to.chunks[target.chunk]!.set(blocks, (target.block + block) * byteLength)
      }
      left -= run
      block += run
      if (block < wholeBlocksOf(from.extents, list)) continue
      list++
      block = 0
    }
  })
}

function wholeBlocksOf(extents: Uint32Array, list: number): number {
  return Math.floor(extentOf(extents, list).entries / BLOCK_ROWS)
}
