/**
 * Reads the files of an open database again and compares them with each other and with memory.
 * While it is at work no checkpoint is made, so that files only grow; writes and drops go on.
 */

import { join } from 'node:path'
import { type Lease, SlabAllocator } from '@sluice/pool'
import { LIMITS } from '../../limits.js'
import { DirectIo } from '../../segment/direct-io.js'
import type { CaptureSource } from '../checkpoint/capture.js'
import type { Checkpointer } from '../checkpoint/checkpointer.js'
import type { DatabaseParts } from '../database-parts.js'
import { RECYCLED_DIRECTORY, WAL_DIRECTORY } from '../directory-names.js'
import { captureReadOnlyRows, captureRows } from './captured-rows.js'
import { ReportWriter, type VerifyReport } from './report.js'
import { findUnknownFiles } from './unknown-files.js'
import { verifyCheckpoints, type WholeCheckpoint } from './verify-checkpoints.js'
import { planCollections, type VerifyTask } from './verify-collections.js'
import { verifyIdentity } from './verify-identity.js'
import { verifyLog } from './verify-log.js'
import type { CheckedVerifyOptions } from './verify-options.js'
import { verifyRecycled } from './verify-recycled.js'

/** Bytes of a read of rows. */
const BUFFER_BYTES = 4 * 1024 * 1024

/**
 * An open database.
 *
 * @internal
 */
export interface DatabaseToVerify {
  readonly parts: DatabaseParts
  readonly source: CaptureSource
  /** Undefined when nothing may be written. */
  readonly checkpointer: Checkpointer | undefined
  /** Fires when the database is being closed. */
  readonly closing: AbortSignal
}

/**
 * Verifies a database.
 *
 * @returns what was found; nothing for a database in memory
 * @throws AbortError; StateError `SLUICE_CLOSED`; StorageError
 * @internal
 */
export async function verifyDatabase(
  database: DatabaseToVerify,
  options: CheckedVerifyOptions,
): Promise<VerifyReport> {
  const { parts, checkpointer, closing } = database
  const { deep, signal } = options
  const report = new ReportWriter({ deep, signal, closing })
  report.checkGoesOn()
  const { path } = parts
  if (path === undefined) return report.finish([])
  const verify = async (): Promise<VerifyReport> => {
    report.checkGoesOn()
    const allocator = new SlabAllocator({ bytesMax: 2 * BUFFER_BYTES })
    const { pageBytes: alignment } = LIMITS
    const buffer = allocator.allocate(deep ? BUFFER_BYTES : alignment, { alignment })
    try {
      return await new Verification(database, path, { report, buffer, options }).run()
    } finally {
      buffer.release()
      await allocator.close()
    }
  }
  return checkpointer ? checkpointer.hold(verify) : verify()
}

/** One verification. */
class Verification {
  readonly #database: DatabaseToVerify
  readonly #path: string
  readonly #report: ReportWriter
  readonly #buffer: Lease
  readonly #options: CheckedVerifyOptions

  constructor(
    database: DatabaseToVerify,
    path: string,
    work: {
      readonly report: ReportWriter
      readonly buffer: Lease
      readonly options: CheckedVerifyOptions
    },
  ) {
    this.#database = database
    this.#path = path
    this.#report = work.report
    this.#buffer = work.buffer
    this.#options = work.options
  }

  async run(): Promise<VerifyReport> {
    const report = this.#report
    const tasks = await this.#plan()
    const { onProgress } = this.#options
    for (const [i, task] of tasks.entries()) {
      report.checkGoesOn()
      await task()
      onProgress?.({ done: i + 1, total: tasks.length })
    }
    const { source } = this.#database
    const living = new Set(source.states.map(({ id }) => id))
    const collections = { isLiving: (id: number) => living.has(id), nextIdNow: () => source.nextId }
    return report.finish(await findUnknownFiles(this.#path, collections, report))
  }

  async #plan(): Promise<readonly VerifyTask[]> {
    const { parts, source, checkpointer } = this.#database
    const { log, recovered, factory, lock, databaseId, wal, walFactory } = parts
    const captured = checkpointer
      ? await captureRows(log, () => source.states)
      : captureReadOnlyRows(source.states, recovered.unspilled)
    const identity = { path: this.#path, databaseId, walName: walFactory.name, lock }
    await verifyIdentity(identity, this.#report)
    const checkpoints = await this.#verifyCheckpoints()
    const tools = {
      report: this.#report,
      io: new DirectIo({ directIo: true, warn: () => undefined }),
      buffer: this.#buffer.bytes,
      crc32c: (bytes: Uint8Array, seed?: number): number => parts.kernels.crc32c(bytes, seed),
    }
    return [
      ...planCollections({ captured, checkpoints, factory, lastLsn: wal.stats().lastLsn, tools }),
      () => verifyRecycled(join(this.#path, RECYCLED_DIRECTORY), this.#report),
      ...(this.#options.deep ? [() => this.#verifyLog()] : []),
    ]
  }

  async #verifyCheckpoints(): Promise<readonly WholeCheckpoint[]> {
    const { parts, checkpointer } = this.#database
    const { checkpoints: directory, recovered, wal, kernels } = parts
    if (!directory) return []
    const newest = checkpointer ? checkpointer.newest : recovered.checkpoint
    const { firstLsn } = wal.stats()
    const isNamed = newest !== recovered.checkpoint || firstLsn > 1n
    const crc32c = (bytes: Uint8Array, seed?: number): number => kernels.crc32c(bytes, seed)
    const named = { directory, newest, isNamed }
    const checkpoints = await verifyCheckpoints(named, this.#report, crc32c)
    for (const { file, checkpoint } of checkpoints) {
      if (firstLsn <= checkpoint.lsn + 1n) continue
      const problem = `it ends with record ${checkpoint.lsn}, and the log begins with ${firstLsn}`
      this.#report.damaged(file, problem)
    }
    return checkpoints
  }

  #verifyLog(): Promise<void> {
    const { wal, walFactory: factory, databaseTag, kernels } = this.#database.parts
    const directory = join(this.#path, WAL_DIRECTORY)
    const crc32c = (bytes: Uint8Array, seed?: number): number => kernels.crc32c(bytes, seed)
    return verifyLog({ directory, factory, wal, databaseTag, crc32c }, this.#report)
  }
}
