/**
 * A log in plain files, without native code: the default. Appends run one at a time in the order
 * of their calls; callers who want few syncs group their records. Forgetting old records waits its
 * turn only to make sure of what it presumes; replacing the start mark and removing files go on
 * beside the appends. After a failed write, sync or removal nobody knows what is on disk, so the
 * handle refuses all further writes.
 */

import { open } from 'node:fs/promises'
import type {
  WalAppendOptions,
  WalAppendResult,
  WalBackend,
  WalCapabilities,
  WalFactory,
  WalOpenContext,
  WalRecord,
  WalStats,
} from '../../contract/wal-backend.js'
import {
  CorruptionError,
  hasCode,
  InternalError,
  InvalidArgumentError,
  storageErrorFrom,
} from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { SerialQueue } from '../../serial-queue.js'
import { readAt } from '../../whole-io.js'
import { AppendGate } from '../append-gate.js'
import { FILE_HEADER_BYTES, fileHeaderProblem, type LogFile } from './log-file.js'
import { LogWriter } from './log-writer.js'
import { readFrames } from './read-frames.js'
import { type LogDirectory, type RecoveredLog, recoverLog } from './recover.js'
import { verifyFileLog } from './verify-file-log.js'

/** Removing a file holds up syncs of others for a time that grows with its length. */
const SEGMENT_BYTES_MAX_DEFAULT = 8 * 1024 * 1024

const CAPABILITIES: WalCapabilities = {
  durabilities: ['memory', 'os', 'disk'],
  inlineBytesMax: LIMITS.inlineBytesMax,
  frameBytesMax: LIMITS.recordBytesMax,
  persistent: true,
}

/**
 * How a file log works.
 *
 * @public
 */
export interface FileWalOptions {
  /** Bytes after which a new file is begun; forgotten records are freed file by file. 8 MiB. */
  readonly segmentBytesMax?: number
}

/**
 * A log in append-only files.
 *
 * @returns what `open({ wal })` takes
 * @throws `SLUICE_INVALID_ARGUMENT` for a `segmentBytesMax` that is no positive integer
 * @public
 */
export function fileWal(options: FileWalOptions = {}): WalFactory {
  const { segmentBytesMax = SEGMENT_BYTES_MAX_DEFAULT } = options
  if (!Number.isSafeInteger(segmentBytesMax) || segmentBytesMax < 1) {
    const message = `segmentBytesMax must be a positive integer, not ${segmentBytesMax}`
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message)
  }
  return {
    name: 'file',
    open: async (context) => openFileWal(logIn(context), segmentBytesMax),
    verify: async (context) => verifyFileLog(logIn(context)),
  }
}

function logIn(context: WalOpenContext): LogDirectory {
  const { directory } = context
  if (directory !== undefined) return { ...context, directory }
  const message = 'A file log needs a directory; use memoryWal() for a database in memory'
  throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message)
}

async function openFileWal(log: LogDirectory, segmentBytesMax: number): Promise<WalBackend> {
  const { directory } = log
  try {
    const recovered = await recoverLog(log)
    const writer = log.readOnly
      ? undefined
      : await LogWriter.open({ log, segmentBytesMax, ...recovered })
    return new FileWal(log, recovered, writer)
  } catch (error) {
    throw storageErrorFrom(error, 'open the log', { directory })
  }
}

class FileWal implements WalBackend {
  readonly capabilities: WalCapabilities = CAPABILITIES
  readonly #log: LogDirectory
  readonly #gate: AppendGate
  readonly #queue = new SerialQueue()
  /** Marks and removals, one at a time; entered from `#queue` and never waiting for it. */
  readonly #forgetting = new SerialQueue()
  readonly #files: readonly LogFile[]
  readonly #writer: LogWriter | undefined
  #closing: Promise<void> | undefined

  constructor(log: LogDirectory, { files, firstLsn }: RecoveredLog, writer: LogWriter | undefined) {
    this.#log = log
    this.#files = files
    this.#writer = writer
    this.#gate = new AppendGate({
      capabilities: CAPABILITIES,
      firstLsn,
      lastLsn: lastLsnOf(files),
      readOnly: log.readOnly,
    })
  }

  async append(records: readonly WalRecord[], options: WalAppendOptions): Promise<WalAppendResult> {
    const level = this.#gate.admit(records, options)
    const { lastLsn } = this.#gate
    await this.#write('append to the log', (writer) => writer.append(records, level))
    return { firstLsn: lastLsn - BigInt(records.length) + 1n, lastLsn }
  }

  read(fromLsn: bigint): AsyncIterable<WalRecord> {
    this.#gate.assertOpen()
    const { firstLsn, lastLsn } = this.#gate
    return this.#read(fromLsn > firstLsn ? fromLsn : firstLsn, lastLsn)
  }

  async truncateBefore(lsn: bigint): Promise<void> {
    const operation = 'truncate the log'
    const first = this.#gate.truncateBefore(lsn)
    const { forgotten } = await this.#write(operation, async (writer) => {
      await writer.prepareStart(first)
      const forget = (): Promise<void> => this.#guard(operation, () => writer.forgetBefore(first))
      // In an object, or this turn would last until it is done.
      return { forgotten: this.#forgetting.run(forget) }
    })
    await forgotten
  }

  async truncateAfter(lsn: bigint): Promise<void> {
    const last = this.#gate.truncateAfter(lsn)
    await this.#write('truncate the log', async (writer) => {
      // Both take files off the list, one from each end.
      await this.#forgetting.idle()
      this.#gate.assertHealthy()
      await writer.truncateAfter(last)
    })
  }

  stats(): WalStats {
    const { firstLsn, lastLsn } = this.#gate
    const written = this.#files.reduce((sum, file) => sum + file.byteLength, 0)
    const byteLength = this.#writer?.byteLength ?? written
    return { firstLsn, lastLsn, byteLength, syncCount: this.#writer?.syncCount ?? 0 }
  }

  close(): Promise<void> {
    this.#gate.close()
    this.#closing ??= this.#queue.run(async () => this.#closeWriter())
    return this.#closing
  }

  async #closeWriter(): Promise<void> {
    try {
      await this.#forgetting.idle()
      await this.#writer?.close(this.#gate.poisoned)
    } catch (error) {
      throw storageErrorFrom(error, 'close the log', { directory: this.#log.directory })
    }
  }

  /** Runs one writing operation in its turn. */
  #write<T>(operation: string, run: (writer: LogWriter) => Promise<T>): Promise<T> {
    return this.#queue.run(() => this.#guard(operation, run))
  }

  /** Runs a writing operation, unless one failed before; its failure poisons the log. */
  async #guard<T>(operation: string, run: (writer: LogWriter) => Promise<T>): Promise<T> {
    this.#gate.assertHealthy()
    const writer = this.#writer
    if (writer === undefined) throw new InternalError('A log without a writer was to be written')
    try {
      return await run(writer)
    } catch (error) {
      const failure = storageErrorFrom(error, operation, { directory: this.#log.directory })
      this.#gate.poison(failure, lastLsnOf(writer.files))
      throw failure
    } finally {
      // What an append wrote while something failed beside it counts too.
      if (this.#gate.poisoned) this.#gate.poison(undefined, lastLsnOf(writer.files))
    }
  }

  async *#read(fromLsn: bigint, toLsn: bigint): AsyncGenerator<WalRecord> {
    this.#gate.assertOpen()
    // What waits in memory has to be in a file first; a poisoned log shows what got that far.
    if (this.#writer !== undefined && !this.#gate.poisoned) {
      await this.#write('write the log', (writer) => writer.flush())
    }
    const files = this.#writer?.files ?? this.#files
    for (const file of [...files]) {
      // Of a file without records the header is looked at all the same, if it was written.
      const isEmpty = file.lastLsn < file.firstLsn && file.byteLength > 0
      if (!isEmpty && (file.lastLsn < fromLsn || file.firstLsn > toLsn)) continue
      for await (const record of this.#readFile(file)) {
        this.#gate.assertOpen()
        if (record.lsn > toLsn) return
        // What is forgotten while the reading goes on is left out, whether its file is gone or not.
        if (record.lsn >= fromLsn && record.lsn >= this.#gate.firstLsn) yield record
      }
    }
  }

  async *#readFile(file: LogFile): AsyncGenerator<WalRecord> {
    const { path, byteLength: end } = file
    try {
      const handle = await open(path, 'r')
      try {
        const { crc32c } = this.#log
        const head = await readAt(handle, new Uint8Array(FILE_HEADER_BYTES), 0)
        const problem = fileHeaderProblem(head, file.firstLsn, crc32c)
        if (problem) throw damagedHeader(path, problem)
        const frames = readFrames({ handle, offset: FILE_HEADER_BYTES, end, crc32c })
        let next = await frames.next()
        for (; next.done !== true; next = await frames.next()) {
          yield { lsn: next.value.header.lsn, bytes: next.value.bytes }
        }
        if (next.value.status !== 'end') throw damaged(path, next.value.offset, next.value.error)
      } finally {
        await handle.close()
      }
    } catch (error) {
      if (hasCode(error, 'ENOENT') && file.lastLsn < this.#gate.firstLsn) return
      throw storageErrorFrom(error, 'read the log', { file: path })
    }
  }
}

function lastLsnOf(files: readonly LogFile[]): bigint {
  return files.at(-1)?.lastLsn ?? 0n
}

function damagedHeader(file: string, problem: CorruptionError): CorruptionError {
  const details = { ...problem.details, file, offset: 0 }
  const message = `${problem.message}: ${file}`
  return new CorruptionError(problem.code, message, { details, cause: problem })
}

function damaged(file: string, offset: number, cause: unknown): CorruptionError {
  const message = `A log record is damaged at offset ${offset} of ${file}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset }, cause })
}
