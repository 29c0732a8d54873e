/** How long each stage of a build takes. */

import { performance } from 'node:perf_hooks'
import type { Collection, OptimizeProgress } from '@sluice/core'
import type { Figures } from '../figures.js'

/** In their order. */
const STAGES: readonly OptimizeProgress['stage'][] = [
  'sample',
  'train',
  'assign',
  'write',
  'calibrate',
]

/**
 * A build that was watched.
 *
 * @internal
 */
export interface StageTimes {
  readonly seconds: number
  /** Seconds of each stage that was told of: from its first message to the next one's. */
  readonly stages: ReadonlyMap<OptimizeProgress['stage'], number>
}

/**
 * Puts all rows of a collection into lists.
 *
 * @throws SluiceError of the build
 * @internal
 */
export async function timeStages(collection: Collection): Promise<StageTimes> {
  const startMs = performance.now()
  const firstMs = new Map<OptimizeProgress['stage'], number>()
  await collection.optimize({
    onProgress: ({ stage }) => {
      // Threads are started before it, and lists are put in their place after the last.
      if (!firstMs.has(stage)) firstMs.set(stage, firstMs.size === 0 ? startMs : performance.now())
    },
  })
  const endMs = performance.now()
  const begins = [...firstMs.values()]
  const lengths = begins.map((beginMs, i) => ((begins[i + 1] ?? endMs) - beginMs) / 1000)
  const stages = new Map([...firstMs.keys()].map((stage, i) => [stage, lengths[i] as number]))
  return { seconds: (endMs - startMs) / 1000, stages }
}

/**
 * Adds how long builds took, and each stage of them. One that a build has not told of is over
 * within milliseconds, which count for the stage before: it is 0 there, so that the stages of each
 * build add up to it.
 *
 * @internal
 */
export function addStages(figures: Figures, builds: readonly StageTimes[]): void {
  for (const { seconds } of builds) figures.add('ingest.build', 's', seconds)
  for (const stage of STAGES.filter((each) => builds.some(({ stages }) => stages.has(each)))) {
    for (const { stages } of builds) {
      figures.add(`ingest.build.${stage}`, 's', stages.get(stage) ?? 0)
    }
  }
}
