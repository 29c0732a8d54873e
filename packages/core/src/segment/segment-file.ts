/**
 * The file behind one segment image: opened at the first write, closed when nobody needs it, and
 * reopened buffered when it turns out that it cannot be written past the page cache.
 */

import type { FileHandle } from 'node:fs/promises'
import { hasCode } from '../errors.js'
import type { Timings } from '../observe/timings.js'
import { type DirectIo, type OpenFile, writeFully } from './direct-io.js'
import type { SegmentDirectory } from './segment-directory.js'

/**
 * Where an image is written to. Writes may overlap in time, never in pages.
 *
 * @internal
 */
export interface ImageFile {
  /** For error messages. */
  readonly path: string
  /** Writes whole pages at `position`. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Makes all writes that completed before the call durable. */
  sync(): Promise<void>
  /** Closes the handle; a later write opens another. */
  close(): Promise<void>
}

/**
 * A segment file on disk.
 *
 * @internal
 */
export class SegmentFile implements ImageFile {
  readonly path: string
  readonly #index: number
  readonly #directory: SegmentDirectory
  readonly #io: DirectIo
  readonly #timings: Timings
  #file: Promise<OpenFile> | undefined
  /** Handles given up while writes were still using them. */
  #retired: FileHandle[] = []
  #entrySynced = false
  #closing: Promise<void> | undefined

  constructor(index: number, directory: SegmentDirectory, io: DirectIo, timings: Timings) {
    this.path = directory.fileOf(index)
    this.#index = index
    this.#directory = directory
    this.#io = io
    this.#timings = timings
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#timings.measure('segmentWrite', () => this.#write(bytes, position))
  }

  sync(): Promise<void> {
    return this.#timings.measure('segmentSync', () => this.#sync())
  }

  /** Two that close at once both wait for the one handle. */
  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      this.#closing = undefined
    })
    return this.#closing
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    const file = await this.#open()
    try {
      await writeFully(file.handle, bytes, position)
    } catch (error) {
      if (!file.direct || !hasCode(error, 'EINVAL')) throw error
      this.#io.refuse(`writing ${this.path} failed with EINVAL`)
      const { handle } = await this.#reopen(file)
      await writeFully(handle, bytes, position)
    }
  }

  async #sync(): Promise<void> {
    const { handle } = await this.#open()
    if (this.#entrySynced) return handle.datasync()
    await Promise.all([handle.datasync(), this.#directory.sync()])
    this.#entrySynced = true
  }

  async #close(): Promise<void> {
    const file = this.#file
    const retired = this.#retired
    this.#file = undefined
    this.#retired = []
    for (const handle of retired) await handle.close()
    await (await file)?.handle.close()
  }

  #open(): Promise<OpenFile> {
    this.#file ??= this.#openForWrite()
    return this.#file
  }

  async #openForWrite(): Promise<OpenFile> {
    try {
      return await this.#directory.openForWrite(this.#index)
    } catch (error) {
      this.#file = undefined
      throw error
    }
  }

  /** The first of several writes that were refused replaces the handle for all of them. */
  async #reopen(refused: OpenFile): Promise<OpenFile> {
    if ((await this.#file) === refused) {
      this.#retired.push(refused.handle)
      this.#file = this.#openForWrite()
    }
    return this.#open()
  }
}
