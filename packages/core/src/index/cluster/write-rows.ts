/**
 * Rows become entries of lists: a batch is encoded where it lies, and its lanes go to their places.
 * Threads may write to the same block, but never to the same lane.
 */

import { BLOCK_ROWS, NO_ROW } from '../../code-layout.js'
import type { ClusterJob, WorkTools } from './cluster-job.js'
import type { Stretch } from './cluster-steps.js'
import { Blocks, ListWriter } from './list-writer.js'
import { overRowsTogether } from './over-rows.js'
import { BATCH_ROWS } from './row-gatherer.js'
import type { WritePart } from './work-part.js'

/**
 * Writes all rows.
 *
 * @internal
 */
export async function writeRows(job: ClusterJob, part: WritePart): Promise<void> {
  await overRowsTogether(job, part, writeStretch(job, part))
}

/**
 * Writes some rows.
 *
 * @internal
 */
export function writeStretch({ kernels, gatherer, layout }: WorkTools, part: WritePart): Stretch {
  const { space, rows, lists, places, listsPerRow } = part
  const writer = new ListWriter(part, layout)
  const scratch = new Blocks(new Uint8Array((BATCH_ROWS / BLOCK_ROWS) * layout.byteLength))
  return (from, to) => {
    const packed = gatherer.gather(rows.subarray(from, to))
    const blockCount = Math.ceil((to - from) / BLOCK_ROWS)
    const blocks = scratch.bytes.subarray(0, blockCount * layout.byteLength)
    kernels.encode({ space, rows: packed, rowBase: 0, blocks })
    for (let lane = 0; lane < to - from; lane++) {
      const block = Math.floor(lane / BLOCK_ROWS) * layout.byteLength
      scratch.words[(block + layout.rowsAt) / 4 + (lane % BLOCK_ROWS)] = rows[from + lane]!
      const first = (from + lane) * listsPerRow
      for (let i = first; i < first + listsPerRow; i++) {
        if (lists[i] !== NO_ROW) writer.put(lists[i]!, places[i]!, scratch, lane)
      }
    }
  }
}
