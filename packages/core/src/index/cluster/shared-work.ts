/**
 * Work that several threads do: each takes the next batch that nobody has. Batches are finished in
 * any order, and come out the same whoever does them, even where somebody failed half way before.
 */

import { sharedNumbers } from './shared-arrays.js'
import type { WorkPart } from './work-part.js'

/**
 * Work for several threads.
 *
 * @internal
 */
export interface SharedWork {
  readonly part: WorkPart
  /** One number: the next batch that nobody has. */
  readonly next: Uint32Array
  /** A number for each batch: 1 when what it makes is there. */
  readonly finished: Uint32Array
}

/**
 * Work that nobody has begun.
 *
 * @internal
 */
export function shareWork(part: WorkPart, batchCount: number): SharedWork {
  return { part, next: sharedNumbers(1), finished: sharedNumbers(batchCount) }
}

/**
 * A batch that is the caller's alone; undefined when all are taken.
 *
 * @internal
 */
export function takeBatch({ next, finished }: SharedWork): number | undefined {
  const batch = Atomics.add(next, 0, 1)
  return batch < finished.length ? batch : undefined
}

/**
 * Whether what a batch makes can be read.
 *
 * @internal
 */
export function isFinished({ finished }: SharedWork, batch: number): boolean {
  return Atomics.load(finished, batch) === 1
}

/**
 * Says that it can.
 *
 * @internal
 */
export function finishBatch({ finished }: SharedWork, batch: number): void {
  Atomics.store(finished, batch, 1)
}
