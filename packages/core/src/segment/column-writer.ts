/** Gathers column frames into large writes, so that many small frames cost few calls. */

import type { FileHandle } from 'node:fs/promises'
import { writeAll } from '../whole-io.js'
import {
  type ColumnFrame,
  type ColumnFrameOwner,
  columnFrameBytes,
  encodeColumnFrameHeader,
} from './column-frame.js'

/** Bytes gathered before they are written. */
const STAGING_BYTES = 1024 * 1024
/** Memory for them at first: where ids are assigned, a segment has frames of less than 1 KiB. */
const STAGING_BYTES_MIN = 16 * 1024

/**
 * Where a {@link ColumnWriter} writes, and for whom.
 *
 * @internal
 */
export interface ColumnWriterOptions {
  /** Where the first frame goes. */
  readonly position: number
  readonly owner: ColumnFrameOwner
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/**
 * Writes frames end to end.
 *
 * @internal
 */
export class ColumnWriter {
  readonly #handle: FileHandle
  readonly #options: ColumnWriterOptions
  #staging = new Uint8Array(STAGING_BYTES_MIN)
  #stagedBytes = 0
  #position: number

  constructor(handle: FileHandle, options: ColumnWriterOptions) {
    this.#handle = handle
    this.#options = options
    this.#position = options.position
  }

  /** Takes a frame; its body is not used any more once this resolves. */
  async write(frame: ColumnFrame): Promise<void> {
    const { owner, crc32c } = this.#options
    const { body } = frame
    const byteLength = columnFrameBytes(body.byteLength)
    if (this.#stagedBytes + byteLength > STAGING_BYTES) await this.#flush()
    this.#makeRoom(byteLength)
    const header = encodeColumnFrameHeader(frame, owner, crc32c)
    const start = this.#stagedBytes
    const bodyStart = start + header.byteLength
    const end = start + byteLength
    this.#staging.set(header, start)
    this.#staging.set(body, bodyStart)
    this.#staging.fill(0, bodyStart + body.byteLength, end)
    this.#stagedBytes = end
  }

  /**
   * Writes what is left.
   *
   * @returns the byte after the last frame
   */
  async end(): Promise<number> {
    await this.#flush()
    return this.#position
  }

  /** Behind what is gathered. */
  #makeRoom(byteLength: number): void {
    const neededBytes = this.#stagedBytes + byteLength
    if (neededBytes <= this.#staging.byteLength) return
    const grown = new Uint8Array(Math.max(neededBytes, 2 * this.#staging.byteLength))
    grown.set(this.#staging.subarray(0, this.#stagedBytes))
    this.#staging = grown
  }

  async #flush(): Promise<void> {
    const bytes = this.#staging.subarray(0, this.#stagedBytes)
    await writeAll(this.#handle, [bytes], this.#position)
    this.#position += bytes.byteLength
    this.#stagedBytes = 0
  }
}
