/** What the commit log is made of. */

import type { BufferPool } from '@sluice/pool'
import type { WalBackend, WalRecord } from '../contract/index.js'
import type { SluiceError } from '../errors.js'

/**
 * What a log needs to run, and where it continues.
 *
 * @internal
 */
export interface CommitLogOptions {
  readonly wal: Pick<WalBackend, 'append' | 'capabilities'>
  /** Where records live between encoding and the end of their append. */
  readonly buffers: BufferPool
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  /** Last record in the log. */
  readonly lastLsn: bigint
  readonly epoch: number
  /** Stamped on every record. */
  readonly databaseTag: number
  /** Called once, after everything that is not durable has been undone. */
  readonly onPoisoned: (error: SluiceError) => void
}

/**
 * Takes the records of a group, and the bytes of its rows, wherever they are.
 *
 * @internal
 */
export type LogWatcher = (records: readonly WalRecord[], rowBytes: number) => void
