/** One part of a build, done by the calling thread and its assistants. */

import type { Assistants } from './cluster-input.js'
import { finishBatch, isFinished, shareWork, takeBatch } from './shared-work.js'
import type { WorkPart } from './work-part.js'

/**
 * What the calling thread does.
 *
 * @internal
 */
export interface OwnShare {
  readonly batchCount: number
  /** Does a batch. */
  readonly run: (batch: number) => void
  /** Awaited after each batch of its own, and in the end. Told how many are done at least. */
  readonly pause: (batchesDone: number) => Promise<void>
}

/**
 * Does all batches of a part. No assistant touches it any more when the promise resolves.
 *
 * @throws whatever `run` and `pause` throw; assistants may be at it still
 * @internal
 */
export async function doTogether(
  assistants: Assistants,
  part: WorkPart,
  { batchCount, run, pause }: OwnShare,
): Promise<void> {
  const work = shareWork(part, batchCount)
  const helped = assistants.help(work)
  let done = 0
  const note = (): Promise<void> => {
    while (done < batchCount && isFinished(work, done)) done++
    return pause(done)
  }
  for (let own = takeBatch(work); own !== undefined; own = takeBatch(work)) {
    run(own)
    finishBatch(work, own)
    await note()
  }
  await helped
  await note()
  while (done < batchCount) {
    // An assistant that failed has left it.
    run(done)
    finishBatch(work, done)
    await note()
  }
}

/**
 * Does at once what could be done in pieces.
 *
 * @internal
 */
export function finishPieces(pieces: Iterator<void>): void {
  while (pieces.next().done !== true);
}
