/** An open log on LMDB: admits appends at once, hands them to the commit loop, reads in batches. */

import { statSync } from 'node:fs'
import {
  AppendGate,
  type Durability,
  LIMITS,
  type SluiceError,
  StorageError,
  type WalAppendOptions,
  type WalAppendResult,
  type WalBackend,
  type WalCapabilities,
  type WalOpenContext,
  type WalRecord,
  type WalStats,
} from '@sluice/core'
import { CommitLoop, type Work } from './commit-loop.js'
import { dataFile, type LogDatabase } from './environment.js'
import { failureFrom } from './failure.js'
import { MARK_KEY, partsOf } from './keys.js'
import { readBatch } from './read-records.js'
import { startReaderCheck } from './reader-check.js'
import { removeAfter } from './remove-after.js'
import { encodeStartMark } from './start-mark.js'

const CAPABILITIES: WalCapabilities = {
  durabilities: ['memory', 'disk'],
  inlineBytesMax: LIMITS.inlineBytesMax,
  frameBytesMax: LIMITS.recordBytesMax,
  persistent: true,
}

/** Bytes that may wait for their commit before an append at `memory` waits with them. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

/**
 * What an opened log consists of.
 *
 * @internal
 */
export interface LmdbLogOptions {
  readonly context: WalOpenContext
  readonly directory: string
  /** Missing for a read-only log that was never written. */
  readonly database?: LogDatabase
  readonly firstLsn: bigint
  readonly lastLsn: bigint
}

/**
 * The log.
 *
 * @internal
 */
export class LmdbLog implements WalBackend {
  readonly capabilities: WalCapabilities = CAPABILITIES
  readonly #context: WalOpenContext
  readonly #directory: string
  readonly #database: LogDatabase | undefined
  readonly #gate: AppendGate
  readonly #loop: CommitLoop | undefined
  readonly #stopReaderCheck: (() => void) | undefined
  /** Last record on disk. */
  #committedLsn: bigint
  #failure: SluiceError | undefined
  #closing: Promise<void> | undefined

  /** @param options - the environment, and what was found in it */
  constructor({ context, directory, database, firstLsn, lastLsn }: LmdbLogOptions) {
    const { readOnly, warn } = context
    this.#context = context
    this.#directory = directory
    this.#database = database
    this.#committedLsn = lastLsn
    this.#gate = new AppendGate({ capabilities: CAPABILITIES, firstLsn, lastLsn, readOnly })
    if (database === undefined) return
    this.#stopReaderCheck = startReaderCheck(database, warn)
    if (readOnly) return
    this.#loop = new CommitLoop({
      database,
      directory,
      fail: (error, byteLength) => this.#fail(error, byteLength),
      refusal: () => this.#refusal(),
    })
    // Goes on with a truncation that a crash or a close interrupted.
    void this.#loop.removeBelow(firstLsn)
  }

  async append(records: readonly WalRecord[], options: WalAppendOptions): Promise<WalAppendResult> {
    const level = this.#gate.admit(records, options)
    const { lastLsn } = this.#gate
    await this.#commit(records, lastLsn, level)
    return { firstLsn: lastLsn - BigInt(records.length) + 1n, lastLsn }
  }

  read(fromLsn: bigint): AsyncIterable<WalRecord> {
    this.#gate.assertOpen()
    const { firstLsn, lastLsn } = this.#gate
    return this.#read(fromLsn > firstLsn ? fromLsn : firstLsn, lastLsn)
  }

  async truncateBefore(lsn: bigint): Promise<void> {
    const before = this.#gate.firstLsn
    const first = this.#gate.truncateBefore(lsn)
    if (first === before) return
    const value = encodeStartMark(first, this.#context.crc32c)
    await this.#add({ parts: [{ key: MARK_KEY, value }], byteLength: value.length })
    // They are forgotten now; the rest is about room.
    await this.#loop?.removeBelow(first)
    if (this.#failure !== undefined) throw this.#failure
  }

  async truncateAfter(lsn: bigint): Promise<void> {
    const last = this.#gate.truncateAfter(lsn)
    const database = this.#database
    if (database === undefined) return
    const run = async (): Promise<void> => {
      await removeAfter(database, last)
      this.#committedLsn = last
    }
    await this.#add({ parts: [], byteLength: 0, run })
  }

  stats(): WalStats {
    const { firstLsn, lastLsn } = this.#gate
    const file = statSync(dataFile(this.#directory), { throwIfNoEntry: false })
    const syncCount = this.#loop?.commitCount ?? 0
    return { firstLsn, lastLsn, byteLength: file?.size ?? 0, syncCount }
  }

  close(): Promise<void> {
    this.#gate.close()
    this.#closing ??= this.#release()
    return this.#closing
  }

  async #release(): Promise<void> {
    this.#loop?.stopRemoving()
    await this.#loop?.idle()
    this.#stopReaderCheck?.()
    await this.#database?.close()
  }

  /** Resolves when the records have the level asked for. */
  #commit(records: readonly WalRecord[], lastLsn: bigint, level: Durability): Promise<void> {
    const loop = this.#loop
    if (loop === undefined) return Promise.resolve()
    const early = level === 'memory' && loop.waitingBytes < WAITING_BYTES_MAX
    // An append that settles before the commit gives its memory back to the caller: copy.
    const own = early ? records.map(({ lsn, bytes }) => ({ lsn, bytes: bytes.slice() })) : records
    const parts = own.flatMap(partsOf)
    const byteLength = parts.reduce((sum, { value }) => sum + value.length, 0)
    return new Promise((resolve, reject) => {
      const settle = (failure?: SluiceError): void => {
        if (failure !== undefined) {
          // Too late to tell an early caller; the log is poisoned, so the next call hears of it.
          reject(failure)
          return
        }
        this.#committedLsn = lastLsn
        resolve()
      }
      loop.add({ parts, byteLength, settle })
      if (early) resolve()
    })
  }

  /** Resolves when the loop has done it. */
  #add(work: Omit<Work, 'settle'>): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (failure?: SluiceError): void => {
        if (failure === undefined) resolve()
        else reject(failure)
      }
      this.#loop?.add({ ...work, settle })
    })
  }

  async *#read(fromLsn: bigint, toLsn: bigint): AsyncGenerator<WalRecord> {
    this.#gate.assertOpen()
    await this.#loop?.idle()
    const database = this.#database
    if (database === undefined) return
    const { crc32c } = this.#context
    const source = { database, file: dataFile(this.#directory), crc32c }
    // A failed log shows what got to disk.
    const last = toLsn < this.#committedLsn ? toLsn : this.#committedLsn
    for (let lsn = fromLsn; lsn <= last; ) {
      this.#gate.assertOpen()
      // What was forgotten meanwhile is not read.
      const { firstLsn } = this.#gate
      if (lsn < firstLsn) {
        lsn = firstLsn
        continue
      }
      for (const record of readBatch(source, lsn, last)) {
        this.#gate.assertOpen()
        yield record
        lsn = record.lsn + 1n
      }
    }
  }

  async #fail(error: unknown, byteLength: number): Promise<SluiceError> {
    const operation = 'commit to the log'
    const directory = this.#directory
    const failure = await failureFrom(error, { directory, operation, byteLength })
    this.#failure = failure
    this.#gate.poison(failure, this.#committedLsn)
    return failure
  }

  #refusal(): SluiceError {
    const message = 'The log failed before and takes no more writes; reopen it'
    return new StorageError('SLUICE_POISONED', message, { cause: this.#failure })
  }
}
