/**
 * The writing end of a file log: one call is one gathered write and, at `disk`, one fdatasync.
 * Records at `memory` wait in a buffer that the next stronger write carries along. Rotation syncs
 * the old file before the new one exists, so only the last file can have a torn end.
 * Callers run one operation at a time and use no writer after a failure; only `forgetBefore` may
 * run beside the others, once `prepareStart` has run among them.
 */

import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Durability } from '../../contract/durability.js'
import type { WalRecord } from '../../contract/wal-backend.js'
import { syncDirectory } from '../../durable-file.js'
import { InternalError } from '../../errors.js'
import { writeAll } from '../../whole-io.js'
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
  /** Where the start mark says that the log begins. */
  readonly firstLsn: bigint
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
  /** Files below the start mark that are still on disk. */
  readonly #forgotten: LogFile[] = []
  #markedLsn: bigint
  #handle: FileHandle
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** Everything up to here is known to be on disk. */
  #syncedLsn: bigint
  #syncCount = 0

  private constructor(options: LogWriterOptions, handle: FileHandle) {
    this.#log = options.log
    this.#segmentBytesMax = options.segmentBytesMax
    this.#files = [...options.files]
    this.#markedLsn = options.firstLsn
    this.#handle = handle
    // What was found may still be in the system's cache: nobody knows whether it was ever synced.
    this.#syncedLsn = this.#active.firstLsn - 1n
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

  /** Bytes of all log files on disk, those that await their removal included. */
  get byteLength(): number {
    const files = [...this.#forgotten, ...this.#files]
    return files.reduce((sum, file) => sum + file.byteLength, 0)
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

  /**
   * The part of forgetting records below `firstLsn` that has its turn among appends: what the
   * start mark will presume is made durable, unless it is. `firstLsn` is at most one past the last
   * record.
   */
  async prepareStart(firstLsn: bigint): Promise<void> {
    if (firstLsn <= this.#markedLsn) return
    if (firstLsn > this.#active.lastLsn + 1n) await this.#write([])
    if (firstLsn > this.#syncedLsn + 1n) await this.#sync()
    // A file of its own for what follows, so that this one can go.
    const allGoes = firstLsn > this.#active.lastLsn
    if (allGoes && this.#active.byteLength > FILE_HEADER_BYTES) await this.#rotate()
  }

  /** The rest of it, which may run beside appends; callers run one of these at a time. */
  async forgetBefore(firstLsn: bigint): Promise<void> {
    if (firstLsn > this.#markedLsn) {
      await writeFirstLsn(this.#log.directory, firstLsn, this.#log.crc32c)
      this.#markedLsn = firstLsn
    }
    const kept = this.#files.findLastIndex((file) => file.firstLsn <= this.#markedLsn)
    this.#forgotten.push(...this.#files.splice(0, Math.max(0, kept)))
    // Not synced: files below the mark that come back after a power cut go at the next opening.
    for (let file = this.#forgotten[0]; file !== undefined; file = this.#forgotten[0]) {
      await rm(file.path, { force: true })
      this.#forgotten.shift()
    }
  }

  /** Forgets records above `lastLsn`, which is at least one before the first. */
  async truncateAfter(lastLsn: bigint): Promise<void> {
    await this.#write([])
    if (this.#syncedLsn > lastLsn) this.#syncedLsn = lastLsn
    // Newest first, each removal durable before the next: a crash leaves no gap between files.
    while (this.#files.length > 1 && this.#active.firstLsn > lastLsn) {
      await this.#handle.close()
      await rm(this.#active.path, { force: true })
      await syncDirectory(this.#log.directory)
      this.#files.pop()
      this.#handle = await open(this.#active.path, 'r+')
    }
    if (this.#active.lastLsn <= lastLsn) return
    const byteLength = await this.#offsetAfter(lastLsn)
    await this.#handle.truncate(byteLength)
    this.#setActive({ ...this.#active, lastLsn, byteLength })
    await this.#datasync()
    this.#syncedLsn = lastLsn
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
    await writeAll(this.#handle, parts, file.byteLength)
    this.#pending = []
    this.#pendingBytes = 0
    const lastLsn = file.lastLsn + BigInt(parts.length)
    this.#setActive({ ...file, lastLsn, byteLength: file.byteLength + byteLength })
  }

  async #sync(): Promise<void> {
    const { lastLsn } = this.#active
    if (this.#syncedLsn >= lastLsn) return
    await this.#datasync()
    this.#syncedLsn = lastLsn
  }

  async #datasync(): Promise<void> {
    await this.#handle.datasync()
    this.#syncCount += 1
  }

  async #rotate(): Promise<void> {
    await this.#sync()
    const firstLsn = this.#active.lastLsn + 1n
    const path = join(this.#log.directory, logFileName(firstLsn))
    const file = await createLogFile(this.#log, path, firstLsn)
    const before = this.#handle
    this.#handle = await open(path, 'r+')
    this.#files.push(file)
    await before.close()
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
