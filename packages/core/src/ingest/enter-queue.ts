/**
 * The whole wait of a write: for its turn in its collection, then at the door for all of them.
 * Since only the first of each collection stands at the door, collections take turns there,
 * however many writes wait in one of them.
 */

import type { Timings } from '../observe/timings.js'
import type { Admission, AdmissionRequest, Admitted } from './admission.js'
import { memoryRefusalOf } from './memory-budget.js'
import { type TurnRequest, takeTurn } from './take-turn.js'

/**
 * A write that comes in.
 *
 * @internal
 */
export interface QueueRequest extends AdmissionRequest, TurnRequest {
  readonly admission: Admission
  readonly timings: Timings
}

/**
 * Runs an attempt as `Admission.run` does, in its turn, and records how long it waited: until the
 * last attempt began, or until it gave up.
 *
 * @throws as `takeTurn` and `Admission.run`
 * @internal
 */
export async function enterQueue<T>(
  request: QueueRequest,
  attempt: () => Promise<T>,
): Promise<Admitted<T>> {
  const { admission, timings } = request
  const calledMs = timings.now()
  let admittedMs: number | undefined
  try {
    return await takeTurn(request, () =>
      admission.run(request, async () => {
        admittedMs = timings.now()
        try {
          return await attempt()
        } catch (error) {
          // Found no memory inside: it waits on.
          if (memoryRefusalOf(error)) admittedMs = undefined
          throw error
        }
      }),
    )
  } finally {
    timings.record('queueWait', (admittedMs ?? timings.now()) - calledMs)
  }
}
