/**
 * Files opened past the page cache where the system lets us: O_DIRECT straight from a slab costs
 * an eighth of the CPU of a buffered write. Where it is refused (a file system or platform without
 * it, or memory that does not start on a page) everything goes on buffered, and the user is told
 * once. Offsets and lengths are multiples of a page here either way.
 */

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { hasCode, StorageError } from '../errors.js'
import type { Warn } from '../warning.js'
import { pageFloor } from './segment-layout.js'

/** Undefined on macOS and Windows, whatever the types say. */
const O_DIRECT: number | undefined = constants.O_DIRECT

/**
 * A handle and how it was opened.
 *
 * @internal
 */
export interface OpenFile {
  readonly handle: FileHandle
  readonly direct: boolean
}

/**
 * How the files of one store are opened.
 *
 * @internal
 */
export class DirectIo {
  readonly #warn: Warn
  #direct: boolean

  constructor(options: { readonly directIo: boolean; readonly warn: Warn }) {
    this.#warn = options.warn
    this.#direct = options.directIo && O_DIRECT !== undefined
    if (options.directIo && !this.#direct) this.#tell('the platform has none')
  }

  /** Whether files are opened past the page cache. */
  get direct(): boolean {
    return this.#direct
  }

  /** Opens a file, buffered if it cannot be otherwise. */
  async open(path: string, flags: number): Promise<OpenFile> {
    if (this.#direct) {
      try {
        return { handle: await open(path, flags | (O_DIRECT ?? 0)), direct: true }
      } catch (error) {
        if (!hasCode(error, 'EINVAL')) throw error
        this.refuse(`opening ${path} failed with EINVAL`)
      }
    }
    return { handle: await open(path, flags), direct: false }
  }

  /** Goes on buffered from here. */
  refuse(reason: string): void {
    if (!this.#direct) return
    this.#direct = false
    this.#tell(reason)
  }

  #tell(reason: string): void {
    const message = 'direct I/O was refused; writes go through the page cache, which is slower'
    this.#warn({ code: 'SLUICE_WARN_DIRECT_IO', message, details: { reason } })
  }
}

/**
 * Writes all of `bytes`; the system may take less at a time.
 *
 * @param handle - where to
 * @param bytes - whole pages
 * @param position - offset in the file, on a page
 * @internal
 */
export async function writeFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0
  while (done < bytes.byteLength) {
    const length = bytes.byteLength - done
    const { bytesWritten } = await handle.write(bytes, done, length, position + done)
    // What follows a short write must start on a page again.
    const next = bytesWritten === length ? bytes.byteLength : pageFloor(done + bytesWritten)
    if (next <= done) {
      throw new StorageError('SLUICE_IO', `only ${bytesWritten} of ${length} bytes were written`)
    }
    done = next
  }
}

/**
 * Reads into `bytes` until they are full or the file ends.
 *
 * @param handle - where from
 * @param bytes - whole pages
 * @param position - offset in the file, on a page
 * @returns bytes read
 * @internal
 */
export async function readFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0
  while (done < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, done, bytes.byteLength - done, position + done)
    done += bytesRead
    // A read that stops within a page has met the end of the file.
    if (bytesRead === 0 || pageFloor(done) !== done) return done
  }
  return done
}
