/**
 * Rows that several threads put into lists: each takes the next batch that nobody has. Batches are
 * finished in any order, and hold the same lists whoever did them.
 */

import type { AssignTask, KernelProvider } from '../../contract/index.js'
import { BATCH_ROWS, type RowGatherer } from './row-gatherer.js'
import { sharedNumbers } from './shared-arrays.js'

/**
 * Rows and how they are assigned. All arrays but those of the space are in shared memory.
 *
 * @internal
 */
export interface AssignWork {
  readonly task: Omit<AssignTask, 'rows' | 'lists'>
  /** Row numbers, ascending. */
  readonly rows: Uint32Array
  /** As in an {@link AssignTask}, for all rows. */
  readonly lists: Uint32Array
}

/**
 * Rows of a work: `from` to `to - 1`, at most a batch of them.
 *
 * @internal
 */
export interface RowRange {
  readonly from: number
  readonly to: number
}

/**
 * Work for several threads.
 *
 * @internal
 */
export interface SharedWork extends AssignWork {
  /** One number: the next batch that nobody has. */
  readonly next: Uint32Array
  /** A number for each batch: 1 when its lists are there. */
  readonly finished: Uint32Array
}

/**
 * Work that nobody has begun.
 *
 * @internal
 */
export function shareWork(work: AssignWork): SharedWork {
  const finished = sharedNumbers(Math.ceil(work.rows.length / BATCH_ROWS))
  return { ...work, next: sharedNumbers(1), finished }
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
 * Whether the lists of a batch can be read.
 *
 * @internal
 */
export function isFinished({ finished }: SharedWork, batch: number): boolean {
  return Atomics.load(finished, batch) === 1
}

/**
 * Finds the lists of a batch.
 *
 * @internal
 */
export function finishBatch(
  kernels: KernelProvider,
  gatherer: RowGatherer,
  work: SharedWork,
  batch: number,
): void {
  const { from, to } = rowsOfBatch(work, batch)
  assignRange(kernels, gatherer, work, { from, to })
  Atomics.store(work.finished, batch, 1)
}

/**
 * Where the rows of a batch are among those of the work.
 *
 * @internal
 */
export function rowsOfBatch({ rows }: AssignWork, batch: number): RowRange {
  const from = batch * BATCH_ROWS
  return { from, to: Math.min(from + BATCH_ROWS, rows.length) }
}

/**
 * Finds the lists of some rows.
 *
 * @returns these rows, packed, until the gatherer's next call
 * @internal
 */
export function assignRange(
  kernels: KernelProvider,
  gatherer: RowGatherer,
  { task, rows, lists }: AssignWork,
  { from, to }: RowRange,
): Uint8Array {
  const packed = gatherer.gather(rows.subarray(from, to))
  const { listsPerRow } = task
  const found = lists.subarray(from * listsPerRow, to * listsPerRow)
  kernels.assign({ ...task, rows: packed, lists: found })
  return packed
}
