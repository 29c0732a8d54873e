/** Goes through the rows of a part of a build, in batches that threads share, or in stretches. */

import type { ClusterJob } from './cluster-job.js'
import type { Stretch } from './cluster-steps.js'
import { doTogether } from './do-together.js'
import { BATCH_ROWS, rangeOfBatch } from './row-gatherer.js'
import type { AssignPart, WritePart } from './work-part.js'

/**
 * Goes through rows.
 *
 * @param stretch - does some of the rows of the part
 * @throws whatever the host's `step` rejects with
 * @internal
 */
export async function overRowsTogether(
  { host, steps }: ClusterJob,
  part: AssignPart | WritePart,
  stretch: Stretch,
): Promise<void> {
  const rowCount = part.rows.length
  if (host.assistants === undefined) return steps.overRows(rowCount, BATCH_ROWS, stretch)
  let passed = 0
  await doTogether(host.assistants, part, {
    batchCount: Math.ceil(rowCount / BATCH_ROWS),
    run: (batch) => {
      const { from, to } = rangeOfBatch(rowCount, batch)
      stretch(from, to)
    },
    pause: async (batchesDone) => {
      const done = Math.min(rowCount, batchesDone * BATCH_ROWS)
      await steps.passed(done - passed)
      passed = done
    },
  })
}
