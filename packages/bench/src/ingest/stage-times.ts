/** How long each stage of a build takes. */

import { performance } from 'node:perf_hooks'
import type { Collection } from '@sluice/core'

/**
 * A build that was watched.
 *
 * @internal
 */
export interface StageTimes {
  readonly seconds: number
  /** Seconds of each stage, in their order: from one stage's first message to the next one's. */
  readonly stages: ReadonlyMap<string, number>
}

/**
 * Puts all rows of a collection into lists.
 *
 * @throws SluiceError of the build
 * @internal
 */
export async function timeStages(collection: Collection): Promise<StageTimes> {
  const startMs = performance.now()
  const firstMs = new Map<string, number>()
  await collection.optimize({
    onProgress: ({ stage }) => {
      // Threads are started before it, and lists are put in their place after the last.
      if (!firstMs.has(stage)) firstMs.set(stage, firstMs.size === 0 ? startMs : performance.now())
    },
  })
  const endMs = performance.now()
  const begins = [...firstMs.values()]
  const stages = [...firstMs.keys()].map((stage, i): [string, number] => {
    return [stage, ((begins[i + 1] ?? endMs) - (begins[i] as number)) / 1000]
  })
  return { seconds: (endMs - startMs) / 1000, stages: new Map(stages) }
}
