/**
 * The parts of a build that threads share, and how a batch of each is done. What a batch writes, no
 * other batch reads or writes. All arrays are in shared memory, but for those of spaces.
 */

import { type NearestPart, NearestSearch } from '../calibration/find-nearest.js'
import { type AssignPart, assignStretch } from './assign-all.js'
import type { WorkTools } from './cluster-job.js'
import { finishPieces } from './do-together.js'
import { type MeansPart, moveLists } from './move-centroids.js'
import { cutRun, type OrderPart } from './order-centroids.js'
import { rangeOfBatch } from './row-gatherer.js'
import { type WritePart, writeStretch } from './write-rows.js'

/**
 * A part of a build.
 *
 * @internal
 */
export type WorkPart = AssignPart | MeansPart | OrderPart | WritePart | NearestPart

/**
 * Does batches of one part.
 *
 * @internal
 */
export interface BatchRunner {
  run(batch: number): void
  /** Forgets what running took. */
  release(): void
}

/**
 * What does batches of a part.
 *
 * @throws `SLUICE_LIMIT_EXCEEDED` when kernels take no more regions
 * @internal
 */
export function createBatchRunner(tools: WorkTools, part: WorkPart): BatchRunner {
  if (part.kind === 'nearest') {
    const search = new NearestSearch(tools.kernels, tools.rows, part)
    return { run: (batch) => finishPieces(search.runBatch(batch)), release: () => search.release() }
  }
  return { run: batchOf(tools, part), release: () => undefined }
}

function batchOf(tools: WorkTools, part: Exclude<WorkPart, NearestPart>): (batch: number) => void {
  if (part.kind === 'means') return (batch) => finishPieces(moveLists(tools, part, batch))
  if (part.kind === 'order') return (batch) => finishPieces(cutRun(part, batch))
  const stretch = part.kind === 'assign' ? assignStretch(tools, part) : writeStretch(tools, part)
  return (batch) => {
    const { from, to } = rangeOfBatch(part.rows.length, batch)
    stretch(from, to)
  }
}
