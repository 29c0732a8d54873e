/** What is said between a database and the threads that encode for it. */

import type { EncodeTask } from '../../contract/index.js'
import type { UnfitMessage } from '../../threads/thread-kernels.js'

/**
 * What a thread is told: rows to encode, in memory that both can see.
 *
 * @internal
 */
export interface EncodeCall {
  /** The number of the call on this thread. */
  readonly call: number
  readonly task: EncodeTask
}

/**
 * What a thread says. Blocks are completely written, and the thread touches neither them nor the
 * rows any more, once it has said `encoded`.
 *
 * @internal
 */
export type EncodeMessage = { readonly kind: 'encoded'; readonly call: number } | UnfitMessage
