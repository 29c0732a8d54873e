/** What is said between a database and the threads that search for it. */

import type { UnfitMessage } from '../../threads/thread-kernels.js'
import type { Queries } from './answer-queries.js'
import type { SearchMemory } from './search-memory.js'

/**
 * One call, of which a thread does what it can.
 *
 * @internal
 */
export interface SearchTask {
  readonly memory: SearchMemory
  readonly queries: Queries
  /** Of the `QueryTurns`. */
  readonly turns: Int32Array
  /** Queries that are taken at a time. */
  readonly runLength: number
}

/**
 * What a thread is told: to take part in a call.
 *
 * @internal
 */
export interface ThreadCall extends SearchTask {
  /** The number of the call on this thread. */
  readonly call: number
}

/**
 * Answers to some queries that follow each other.
 *
 * @internal
 */
export interface FoundRows {
  /** The first query. */
  readonly from: number
  /** Rows found for each query. */
  readonly counts: Uint32Array
  /** All rows found, query after query. */
  readonly rows: Uint32Array
  readonly distances: Float64Array
}

/**
 * What a thread says. It touches no memory of a call any more once it has said `ended` or `failed`.
 *
 * @internal
 */
export type ThreadMessage =
  | { readonly kind: 'started' }
  | UnfitMessage
  | { readonly kind: 'found'; readonly call: number; readonly found: FoundRows }
  | { readonly kind: 'ended'; readonly call: number }
  | { readonly kind: 'failed'; readonly call: number; readonly error: unknown }
