/** What a checkpointer is made of, and when it works. Types only. */

import type { WalBackend } from '../../contract/index.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import type { CheckpointEvent } from '../../observe/events.js'
import type { CollectionFactory } from '../collection-factory.js'
import type { CaptureSource } from './capture.js'
import type { CheckpointDirectory } from './checkpoint-directory.js'
import type { KeptCheckpoint } from './kept-checkpoint.js'

/**
 * When checkpoints are made in the background.
 *
 * @internal
 */
export interface CheckpointTriggers {
  /** After so many bytes of log. */
  readonly logBytesMax: number
  /** After so long with something new in the log. */
  readonly intervalMs: number
}

/**
 * What a checkpointer works with.
 *
 * @internal
 */
export interface CheckpointerOptions {
  readonly log: CommitLog
  readonly wal: WalBackend
  readonly factory: CollectionFactory
  readonly source: CaptureSource
  /** Undefined for a database in memory: its log is cut, and that is all. */
  readonly directory: CheckpointDirectory | undefined
  readonly epoch: number
  /** Undefined: only when asked for. */
  readonly triggers: CheckpointTriggers | undefined
  /** The checkpoint that the database was opened from, if any. */
  readonly newest: KeptCheckpoint | undefined
  /** Bytes of log that opening had to replay. */
  readonly replayedBytes: number
  readonly onCheckpoint: (event: CheckpointEvent) => void
  /** Told of a failure in the background. */
  readonly onFailed: (error: unknown) => void
}
