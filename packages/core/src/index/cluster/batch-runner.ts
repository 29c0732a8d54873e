/** How a batch of each part of a build is done. */

import { NearestSearch } from '../calibration/find-nearest.js'
import { assignStretch } from './assign-all.js'
import type { WorkTools } from './cluster-job.js'
import { finishPieces } from './do-together.js'
import { moveLists } from './move-centroids.js'
import { cutRun } from './order-centroids.js'
import { rangeOfBatch } from './row-gatherer.js'
import type { NearestPart, WorkPart } from './work-part.js'
import { writeStretch } from './write-rows.js'

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
  return { run: batchOf(tools, part), release: () => tools.gatherer.release() }
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
