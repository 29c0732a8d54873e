/**
 * Searches go in steps, each short enough for the event loop. They wait between two of them, and
 * only when their slice is over: a quick search is a single stretch of synchronous work.
 */

import type { TimeSlice } from '../time-slice.js'

/**
 * Work that yields whenever its slice is over, and goes on when it has a new one.
 *
 * @internal
 */
export type SearchSteps = Generator<void, void, void>

/**
 * Takes all steps, and lets the event loop turn wherever they yield.
 *
 * @param checkpoint - called after each turn; throws to give up
 * @throws whatever `checkpoint` throws
 * @internal
 */
export async function takeSteps(
  steps: SearchSteps,
  slice: TimeSlice,
  checkpoint: () => void,
): Promise<void> {
  while (!steps.next().done) {
    await slice.next()
    checkpoint()
  }
}
