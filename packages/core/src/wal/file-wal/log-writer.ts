/**
 * The writing end of a file log: one call is one gathered write and, at `disk`, one fdatasync.
 * Records at `memory` wait in a buffer that the next stronger write carries along. Rotation syncs
 * the old file before the new one exists, so only the last file can have a torn end.
 * Callers run one operation at a time and use no writer after a failure.
 */

import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Durability } from '../../contract/durability.js'
import type { WalRecord } from '../../contract/wal-backend.js'
import { syncDirectory } from '../../durable-file.js'
import { InternalError } from '../../errors.js'
import { removeFile, writeAll } from './files.js'
import { writeFirstLsn } from './first-lsn.js'
import { FILE_HEADER_BYTES, type LogFile, logFileName } from './log-file.js'
import { readFrames } from './read-frames.js'
import { createLogFile, type LogDirectory } from './recover.js'

/** Bytes at `memory` that are held back before they are handed to the system anyway. */
const PENDING_BYTES_MAX = 1024 * 1024

/**
 * How a writer works.
 *
 * @internal
 */
export interface LogWriterOptions {
  readonly log: LogDirectory
  /** Bytes after which a new file is begun. */
  readonly segmentBytesMax: number
  /** The files there are, in order; the last one is continued. */
  readonly files: readonly LogFile[]
}

/**
 * Appends to the last file of a log and removes whole files.
 *
 * @internal
 */
export class LogWriter {
  readonly #log: LogDirectory
  readonly #segmentBytesMax: number
  readonly #files: LogFile[]
  #handle: FileHandle
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #unsynced = false
  #syncCount = 0

  private constructor(options: LogWriterOptions, handle: FileHandle) {
    this.#log = options.log
    this.#segmentBytesMax = options.segmentBytesMax
    this.#files = [...options.files]
    this.#handle = handle
  }

  /** Opens the last file for writing. */
  static async open(options: LogWriterOptions): Promise<LogWriter> {
    const last = options.files.at(-1)
    if (last === undefined) throw new InternalError('A log without files cannot be written')
    return new LogWriter(options, await open(last.path, 'r+'))
  }

  /** The files with what was handed to the system. */
  get files(): readonly LogFile[] {
    return this.#files
  }

  /** Syncs of file contents since opening. */
  get syncCount(): number {
    return this.#syncCount
  }

  /** Adds records at a level, and raises everything before them to it. */
  async append(records: readonly WalRecord[], level: Durability): Promise<void> {
    if (level === 'memory') {
      for (const { bytes } of records) {
        this.#pending.push(new Uint8Array(bytes))
        this.#pendingBytes += bytes.length
      }
      if (this.#pendingBytes > PENDING_BYTES_MAX) await this.#write([])
      return
    }
    await this.#write(records)
    if (level === 'disk') await this.#sync()
  }

  /** Hands everything to the system. */
  async flush(): Promise<void> {
    await this.#write([])
  }

  /** Forgets records below `firstLsn`, which is at most one past the last. */
  async truncateBefore(firstLsn: bigint): Promise<void> {
    await this.#write([])
    // Records that the start mark presumes must be there after a power cut.
    await this.#sync()
    if (firstLsn > this.#active.lastLsn && this.#active.lastLsn >= this.#active.firstLsn) {
      await this.#rotate()
    }
    await writeFirstLsn(this.#log.directory, firstLsn, this.#log.crc32c)
    const keepFrom = this.#files.findLastIndex((file) => file.firstLsn <= firstLsn)
    const dropped = this.#files.splice(0, Math.max(0, keepFrom))
    for (const { path } of dropped) await removeFile(path)
    if (dropped.length > 0) await syncDirectory(this.#log.directory)
  }

  /** Forgets records above `lastLsn`, which is at least one before the first. */
  async truncateAfter(lastLsn: bigint): Promise<void> {
    await this.#write([])
    // Newest first, each removal durable before the next: a crash leaves no gap between files.
    while (this.#files.length > 1 && this.#active.firstLsn > lastLsn) {
      await this.#handle.close()
      await removeFile(this.#active.path)
      await syncDirectory(this.#log.directory)
      this.#files.pop()
      this.#handle = await open(this.#active.path, 'r+')
    }
    if (this.#active.lastLsn <= lastLsn) return
    const byteLength = await this.#offsetAfter(lastLsn)
    await this.#handle.truncate(byteLength)
    this.#setActive({ ...this.#active, lastLsn, byteLength })
    this.#unsynced = true
    await this.#sync()
  }

  /** Releases the file; writes and syncs what is left, unless an operation failed before. */
  async close(failed: boolean): Promise<void> {
    try {
      if (failed) return
      await this.#write([])
      await this.#sync()
    } finally {
      await this.#handle.close()
    }
  }

  get #active(): LogFile {
    return this.#files.at(-1)!
  }

  #setActive(file: LogFile): void {
    this.#files[this.#files.length - 1] = file
  }

  /** Writes what is pending and then `records`. */
  async #write(records: readonly WalRecord[]): Promise<void> {
    const parts = [...this.#pending, ...records.map(({ bytes }) => bytes)]
    if (parts.length === 0) return
    const byteLength = parts.reduce((sum, part) => sum + part.length, 0)
    const isEmpty = this.#active.byteLength === FILE_HEADER_BYTES
    if (!isEmpty && this.#active.byteLength + byteLength > this.#segmentBytesMax) {
      await this.#rotate()
    }
    const file = this.#active
    this.#unsynced = true
    await writeAll(this.#handle, parts, file.byteLength)
    this.#pending = []
    this.#pendingBytes = 0
    const lastLsn = file.lastLsn + BigInt(parts.length)
    this.#setActive({ ...file, lastLsn, byteLength: file.byteLength + byteLength })
  }

  async #sync(): Promise<void> {
    if (!this.#unsynced) return
    await this.#handle.datasync()
    this.#unsynced = false
    this.#syncCount += 1
  }

  async #rotate(): Promise<void> {
    await this.#sync()
    const firstLsn = this.#active.lastLsn + 1n
    const path = join(this.#log.directory, logFileName(firstLsn))
    const file = await createLogFile(this.#log, path, firstLsn)
    const handle = await open(path, 'r+')
    await this.#handle.close()
    this.#handle = handle
    this.#files.push(file)
  }

  /** Where record `lsn` of the active file ends. */
  async #offsetAfter(lsn: bigint): Promise<number> {
    const { byteLength: end, path } = this.#active
    const source = {
      handle: this.#handle,
      offset: FILE_HEADER_BYTES,
      end,
      crc32c: this.#log.crc32c,
    }
    if (this.#active.firstLsn > lsn) return FILE_HEADER_BYTES
    for await (const { header, offset } of readFrames(source)) {
      if (header.lsn === lsn) return offset + header.byteLength
    }
    throw new InternalError(`Record ${lsn} is not where it was written`, { details: { path, lsn } })
  }
}
