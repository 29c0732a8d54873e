/** What the programs of benchmark `open` are told and what they reply. */

import type { CheckpointOptions, KernelProviderInfo, VectorId } from '@sluice/core'
import type { StorageOptions } from '../common-options.js'
import type { Answers, Questions } from '../database/answers.js'
import type { Use } from '../probe/meter.js'
import type { WorkloadShape } from '../vectors/workload.js'

/**
 * What the writing process does.
 *
 * @internal
 */
export interface WriteWork {
  readonly storage: StorageOptions
  /** Of the database. */
  readonly directory: string
  readonly shape: WorkloadShape
  /** Queries that the workload begins with; its rows follow from that. */
  readonly queryCount: number
  readonly checkpoint: false | CheckpointOptions
  /** `kill`: with SIGKILL, as soon as all rows were acknowledged. */
  readonly end: 'close' | 'kill'
}

/**
 * What it has seen.
 *
 * @internal
 */
export interface WriteReply {
  readonly checkpoints: number
  /** Warnings and poisonings. */
  readonly troubles: readonly string[]
}

/**
 * What the opening process does.
 *
 * @internal
 */
export interface OpenWork {
  readonly storage: StorageOptions
  readonly directory: string
  readonly questions: Questions
}

/**
 * What it has measured.
 *
 * @internal
 */
export interface OpenReply {
  /** From the start of the process until its modules were loaded. */
  readonly startupMs: number
  /** From the call of `open` until it resolved. */
  readonly openMs: number
  /** From the call of `open` until the first search was answered. */
  readonly firstQueryMs: number
  /** The hits of the first search. */
  readonly firstHits: readonly VectorId[]
  /** Until then. */
  readonly use: Use
  /** Records of the log that were replayed. */
  readonly replayedRecords: number
  readonly kernels: KernelProviderInfo
  readonly troubles: readonly string[]
  /** Given after the clock was stopped. */
  readonly answers: Answers
}
