/** What is said between a database, the thread that clusters for it, and those that help. */

import type { ThreadKernels, UnfitMessage } from '../../threads/thread-kernels.js'
import type { CalibratedLists } from './build-lists.js'
import type { ClusterInput, ClusterProgress } from './cluster-input.js'

/**
 * What a thread is started with: one clustering, after which it ends.
 *
 * @internal
 */
export interface ThreadTask {
  /** All its rows and lists are in shared memory. */
  readonly input: ClusterInput
  /** The kernels of the database; others would be right, but slower. */
  readonly kernels: ThreadKernels
  /** Of the {@link IngestGate}. */
  readonly gate: SharedArrayBuffer
  /** Threads that are to help the one that clusters. */
  readonly assistants: number
}

/**
 * What an assistant says when there are no more batches of some work.
 *
 * @internal
 */
export type AssistantAnswer = 'done'

/**
 * Where the memory of lists came from: how many allocations there were before. A view that comes
 * back in a message is of the same memory, but its buffer is another object, so the views that the
 * allocator gave are put in their place.
 *
 * @internal
 */
export interface ListOrigins {
  readonly centroids: number
  readonly centroidBlocks: number
  readonly chunks: readonly number[]
}

/**
 * What a thread says.
 *
 * @internal
 */
export type ThreadMessage =
  | { readonly kind: 'started' }
  | UnfitMessage
  | { readonly kind: 'progress'; readonly progress: ClusterProgress }
  | { readonly kind: 'allocate'; readonly byteLength: number }
  | { readonly kind: 'done'; readonly built: CalibratedLists; readonly origins: ListOrigins }
  | { readonly kind: 'failed'; readonly error: unknown }

/**
 * The answer to `allocate`.
 *
 * @internal
 */
export interface ThreadMemory {
  readonly bytes: Uint8Array
}
