/** Assistants on the calling thread, which do as much of the work as a test says. */

import fc from 'fast-check'
import type { KernelProvider } from '../../../src/contract/index.js'
import { createBatchRunner } from '../../../src/index/cluster/batch-runner.js'
import type { Assistants, ClusterInput } from '../../../src/index/cluster/cluster-input.js'
import { createWorkTools } from '../../../src/index/cluster/cluster-job.js'
import { finishBatch, takeBatch } from '../../../src/index/cluster/shared-work.js'

/** What becomes of a batch that was taken: done; done, but nobody is told; or left as it is. */
export type Fate = 'done' | 'lost' | 'left'

/** What becomes of the first batches of each work. */
export const anyFates: fc.Arbitrary<Fate[]> = fc.array(fc.constantFrom('done', 'lost', 'left'), {
  maxLength: 8,
})

/** Assistants that take so many batches of each work at once, and go through them backwards. */
export function assistantsWith(
  kernels: KernelProvider,
  input: Pick<ClusterInput, 'shape' | 'rows'>,
  fates: readonly Fate[],
): Assistants {
  const tools = createWorkTools(kernels, input)
  return {
    async help(work) {
      const taken = fates.map((fate) => ({ fate, batch: takeBatch(work) })).reverse()
      const runner = createBatchRunner(tools, work.part)
      for (const { fate, batch } of taken) {
        if (batch === undefined || fate === 'left') continue
        runner.run(batch)
        if (fate === 'done') finishBatch(work, batch)
        await Promise.resolve()
      }
      runner.release()
    },
  }
}
