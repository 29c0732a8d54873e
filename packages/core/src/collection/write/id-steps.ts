/** Work on the ids of a batch, in steps short enough for the event loop. */

import { TimeSlice } from '../../time-slice.js'

/** Ids between two looks at the clock: some tenths of a millisecond. */
const STEP_IDS = 4096

/**
 * Does work on ids 0 to `count - 1`, a range at a time, in order.
 *
 * @param count - ids in the batch
 * @param work - does ids `from` to `to - 1`; what it throws ends the walk
 * @internal
 */
export async function inIdSteps(
  count: number,
  work: (from: number, to: number) => void,
): Promise<void> {
  const slice = new TimeSlice()
  for (let from = 0; from < count; from += STEP_IDS) {
    work(from, Math.min(count, from + STEP_IDS))
    if (slice.isOver()) await slice.next()
  }
}
