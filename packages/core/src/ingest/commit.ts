/**
 * One write on its way through the log: what the log must record, which rows must be on disk
 * first, and what to do when it is recorded or lost. The log knows no collection; a commit is how
 * a collection hands over what happens above.
 */

import type { Durability, VectorStore } from '../contract/index.js'
import type { SluiceError } from '../errors.js'
import type { LogEntry } from '../wal/record/entry.js'

/**
 * Rows of a commit, already copied into their store and sealed.
 *
 * @internal
 */
export interface CommitRows {
  readonly store: VectorStore
  readonly rowBase: number
  readonly rowCount: number
}

/**
 * One write.
 *
 * @internal
 */
export interface Commit {
  /** What the log records; a `rows` entry comes without payload, which the log adds if it pays. */
  readonly entry: LogEntry
  readonly durability: Durability
  /** The rows behind a `rows` entry. */
  readonly rows?: CommitRows
  /** Makes the write visible. Called once, in log order. */
  apply(): void
  /**
   * Takes the write back, newest first, because the log lost it; `applied` says whether `apply`
   * had run.
   */
  undo(applied: boolean): void
}

/**
 * A write in the log's hands, with its caller. Without a commit it is a barrier: it makes
 * everything before it durable and records nothing.
 *
 * @internal
 */
export interface Pending {
  readonly commit: Commit | undefined
  /** Called when everything before is visible and durable, and nothing after it. */
  readonly onReached?: (() => void) | undefined
  readonly durability: Durability
  readonly resolve: (lsn: bigint) => void
  readonly reject: (error: SluiceError) => void
  applied: boolean
}
