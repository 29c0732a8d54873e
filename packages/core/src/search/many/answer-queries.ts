/** Answers queries as long as there are any, beside others who do so, on any thread. */

import type { KernelProvider } from '../../contract/index.js'
import type { NearestRows } from '../../kernels/nearest-heap.js'
import { TimeSlice } from '../../time-slice.js'
import { nearestRows } from '../nearest-rows.js'
import type { RowQuery } from '../search-query.js'
import type { SearchView } from '../search-view.js'
import type { QueryTurns } from './query-turns.js'

/**
 * Queries of one kind.
 *
 * @internal
 */
export interface Queries extends Omit<RowQuery, 'vector' | 'checkpoint'> {
  /** Packed rows. */
  readonly vectors: Uint8Array
  readonly count: number
}

/**
 * Who answers.
 *
 * @internal
 */
export interface Answering {
  readonly kernels: KernelProvider
  readonly view: SearchView
  readonly turns: QueryTurns
  /** Whether others answer what is left. Default: never. */
  readonly isEnough?: () => boolean
  /** Called every millisecond or so; throws to give up. */
  readonly checkpoint: () => void
  /** Takes the answers of queries from `from` on. */
  readonly onFound: (from: number, found: NearestRows[]) => void
}

/**
 * Answers queries until all are taken, and gives way to the event loop every millisecond or so.
 *
 * @throws whatever `checkpoint` throws
 * @internal
 */
export async function answerQueries(queries: Queries, answering: Answering): Promise<void> {
  const { kernels, view, turns, checkpoint, onFound, isEnough = never } = answering
  const { vectors, recall, k, distanceMax } = queries
  const { stride } = view.store
  const slice = new TimeSlice()
  for (;;) {
    const run = isEnough() ? undefined : turns.take()
    if (run === undefined) return
    const found: NearestRows[] = []
    for (let i = run.from; i < run.to; i++) {
      const vector = vectors.subarray(i * stride, (i + 1) * stride)
      const query = { vector, k, recall, distanceMax, checkpoint }
      found.push(await nearestRows(kernels, view, query))
      if (!slice.isOver()) continue
      await slice.next()
      checkpoint()
    }
    onFound(run.from, found)
  }
}

function never(): boolean {
  return false
}
