/**
 * A log in plain files, without native code: the default. Appends run one at a time in the order
 * of their calls; callers who want few syncs group their records. After a failed write or sync
 * nobody knows what is on disk, so the handle refuses all further writes.
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
import { CorruptionError, InvalidArgumentError, storageErrorFrom } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { SerialQueue } from '../../serial-queue.js'
import { AppendGate } from '../append-gate.js'
import { FILE_HEADER_BYTES, type LogFile } from './log-file.js'
import { LogWriter } from './log-writer.js'
import { readFrames } from './read-frames.js'
import { type LogDirectory, type RecoveredLog, recoverLog } from './recover.js'

const SEGMENT_BYTES_MAX_DEFAULT = 64 * 1024 * 1024

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
  /** Bytes after which a new file is begun; forgotten records are freed file by file. 64 MiB. */
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
  return { name: 'file', open: (context) => openFileWal(context, segmentBytesMax) }
}

async function openFileWal(context: WalOpenContext, segmentBytesMax: number): Promise<WalBackend> {
  const { directory } = context
  if (directory === undefined) {
    const message = 'A file log needs a directory; use memoryWal() for a database in memory'
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message)
  }
  const log: LogDirectory = { ...context, directory }
  try {
    const recovered = await recoverLog(log)
    const { files } = recovered
    const writer = log.readOnly ? undefined : await LogWriter.open({ log, segmentBytesMax, files })
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
    const { firstLsn: before } = this.#gate
    const first = this.#gate.truncateBefore(lsn)
    if (first === before) return
    await this.#write('truncate the log', (writer) => writer.truncateBefore(first))
  }

  async truncateAfter(lsn: bigint): Promise<void> {
    const last = this.#gate.truncateAfter(lsn)
    await this.#write('truncate the log', (writer) => writer.truncateAfter(last))
  }

  stats(): WalStats {
    const { firstLsn, lastLsn } = this.#gate
    const files = this.#writer?.files ?? this.#files
    const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0)
    return { firstLsn, lastLsn, byteLength, syncCount: this.#writer?.syncCount ?? 0 }
  }

  close(): Promise<void> {
    this.#gate.close()
    this.#closing ??= this.#queue.run(async () => this.#closeWriter())
    return this.#closing
  }

  async #closeWriter(): Promise<void> {
    try {
      await this.#writer?.close(this.#gate.poisoned)
    } catch (error) {
      throw storageErrorFrom(error, 'close the log', { directory: this.#log.directory })
    }
  }

  /** Runs one writing operation in its turn; its failure poisons the log. */
  #write(operation: string, run: (writer: LogWriter) => Promise<void>): Promise<void> {
    return this.#queue.run(async () => {
      this.#gate.assertHealthy()
      const writer = this.#writer
      if (writer === undefined) return
      try {
        await run(writer)
      } catch (error) {
        const { directory } = this.#log
        const failure = storageErrorFrom(error, operation, { directory })
        this.#gate.poison(failure, lastLsnOf(writer.files))
        throw failure
      }
    })
  }

  async *#read(fromLsn: bigint, toLsn: bigint): AsyncGenerator<WalRecord> {
    this.#gate.assertOpen()
    // What waits in memory has to be in a file first; a poisoned log shows what got that far.
    if (this.#writer !== undefined && !this.#gate.poisoned) {
      await this.#write('write the log', (writer) => writer.flush())
    }
    const files = this.#writer?.files ?? this.#files
    for (const file of [...files]) {
      if (file.lastLsn < fromLsn || file.firstLsn > toLsn) continue
      for await (const record of this.#readFile(file)) {
        this.#gate.assertOpen()
        if (record.lsn > toLsn) return
        if (record.lsn >= fromLsn) yield record
      }
    }
  }

  async *#readFile(file: LogFile): AsyncGenerator<WalRecord> {
    const { path, byteLength: end } = file
    try {
      const handle = await open(path, 'r')
      try {
        const { crc32c } = this.#log
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
      throw storageErrorFrom(error, 'read the log', { file: path })
    }
  }
}

function lastLsnOf(files: readonly LogFile[]): bigint {
  return files.at(-1)?.lastLsn ?? 0n
}

function damaged(file: string, offset: number, cause: unknown): CorruptionError {
  const message = `A log record is damaged at offset ${offset} of ${file}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset }, cause })
}
