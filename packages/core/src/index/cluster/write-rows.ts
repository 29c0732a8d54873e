/**
 * Rows become entries of lists, a block after the other, with codes around the centroid of their
 * list: the nearer a code's centre is to a row and to a query, the less its estimate errs.
 */

import { BLOCK_ROWS } from '../../code-layout.js'
import { extentOf } from '../list-places.js'
import type { ClusterJob, WorkTools } from './cluster-job.js'
import type { Stretch } from './cluster-steps.js'
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
 * Writes the blocks whose first rows are in a stretch of the rows.
 *
 * @internal
 */
export function writeStretch(tools: WorkTools, part: WritePart): Stretch {
  const { starts } = part
  const writer = new ListWriter(tools, part)
  return (from, to) => {
    for (let list = listAt(starts, from); list + 1 < starts.length; list++) {
      const start = starts[list]!
      if (start >= to) break
      const end = starts[list + 1]!
      const first = start + wholeBlocks(Math.max(0, from - start))
      const last = Math.min(end, start + wholeBlocks(Math.min(to, end) - start))
      for (let at = first; at < last; at += BATCH_ROWS) {
        writer.write(list, at, Math.min(last, at + BATCH_ROWS))
      }
    }
  }
}

/** Writes rows of one list at a time. */
class ListWriter {
  readonly #tools: WorkTools
  readonly #part: WritePart
  readonly #numbers: readonly Uint32Array[]

  constructor(tools: WorkTools, part: WritePart) {
    this.#tools = tools
    this.#part = part
    this.#numbers = part.chunks.map(
      ({ buffer, byteOffset, byteLength }) => new Uint32Array(buffer, byteOffset, byteLength / 4),
    )
  }

  /** Writes rows `from` to `to - 1` of the part, which begin with a block of their list. */
  write(list: number, from: number, to: number): void {
    const { kernels, gatherer, layout, elements } = this.#tools
    const { space, rows, starts, centroids, chunks, extents } = this.#part
    const end = starts[list + 1]!
    const { chunk, block: firstBlock, entries } = extentOf(extents, list)
    const block = firstBlock + (entries - (end - from)) / BLOCK_ROWS
    const blockEnd = block + Math.ceil((to - from) / BLOCK_ROWS)
    kernels.encode({
      space,
      rows: gatherer.gather(rows.subarray(from, to)),
      rowBase: 0,
      blocks: chunks[chunk]!.subarray(block * layout.byteLength, blockEnd * layout.byteLength),
      centre: centroids.subarray(list * elements, (list + 1) * elements),
    })
    for (let at = from, i = block; at < to; at += BLOCK_ROWS, i++) {
      const numbers = rows.subarray(at, Math.min(to, at + BLOCK_ROWS))
      this.#numbers[chunk]!.set(numbers, (i * layout.byteLength + layout.rowsAt) / 4)
    }
  }
}

/** Rows of the blocks that so many rows begin. */
function wholeBlocks(rowCount: number): number {
  return Math.ceil(rowCount / BLOCK_ROWS) * BLOCK_ROWS
}

/** The list of the row at a place: the last one that begins there or before. */
function listAt(starts: Uint32Array, place: number): number {
  let low = 0
  let high = starts.length - 1
  while (low + 1 < high) {
    const middle = (low + high) >>> 1
    if (starts[middle]! <= place) low = middle
    else high = middle
  }
  return low
}
