/**
 * A stream of bytes as a file of checksummed blocks, so that damage, a cut, exchanged blocks and
 * blocks of another checkpoint are found before anything is made of the bytes. Written once and
 * never changed. Long streams are written and read in slices that leave the event loop room.
 * Knows nothing of what the stream says.
 */

import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '../../durable-file.js'
import { hasCode, storageErrorFrom } from '../../errors.js'
import { TimeSlice } from '../../time-slice.js'
import { readAt, writeAll } from '../../whole-io.js'
import {
  BLOCK_BYTES,
  BLOCK_HEADER_BYTES,
  BLOCK_PAYLOAD_BYTES,
  damagedAt,
  openBlock,
  sealBlock,
} from './block.js'

/** Blocks that go to the system, or come from it, in one call. */
const BLOCKS_PER_CALL = 4

/**
 * What a block file belongs to.
 *
 * @internal
 */
export interface BlockFileOptions {
  /** The number of the checkpoint. */
  readonly number: number
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/**
 * Writes a stream to a new file, durably: file and directory are synced. What a crash has left
 * under the name is removed first; on failure nothing is left.
 *
 * @param chunks - pulled one by one; each is copied before the next one is asked for
 * @returns bytes of the file
 * @throws StorageError, and whatever `chunks` throws
 * @internal
 */
export async function writeBlockFile(
  path: string,
  chunks: Iterable<Uint8Array>,
  options: BlockFileOptions,
): Promise<number> {
  try {
    await rm(path, { force: true })
    const handle = await open(path, 'wx')
    try {
      return await writeNewFile(path, handle, { chunks, options })
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  } catch (error) {
    throw storageErrorFrom(error, `write ${path}`, { file: path })
  }
}

async function writeNewFile(
  path: string,
  handle: FileHandle,
  content: { readonly chunks: Iterable<Uint8Array>; readonly options: BlockFileOptions },
): Promise<number> {
  const writer = new BlockWriter(handle, content.options)
  try {
    for (const chunk of content.chunks) await writer.add(chunk)
    await writer.finish()
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await syncDirectory(dirname(path))
  return writer.byteLength
}

/** Cuts a stream into blocks. The last one is sealed only when it is known to be the last. */
class BlockWriter {
  readonly #handle: FileHandle
  readonly #options: BlockFileOptions
  readonly #slice = new TimeSlice()
  readonly #buffer = new Uint8Array(BLOCKS_PER_CALL * BLOCK_BYTES)
  /** Where the current block starts in the buffer. */
  #start = 0
  /** Payload bytes of the current block so far. */
  #length = 0
  #index = 0
  #writtenBytes = 0

  constructor(handle: FileHandle, options: BlockFileOptions) {
    this.#handle = handle
    this.#options = options
  }

  get byteLength(): number {
    return this.#writtenBytes
  }

  async add(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.length; ) {
      if (this.#length === BLOCK_PAYLOAD_BYTES) await this.#nextBlock()
      const piece = chunk.subarray(taken, taken + BLOCK_PAYLOAD_BYTES - this.#length)
      this.#buffer.set(piece, this.#start + BLOCK_HEADER_BYTES + this.#length)
      this.#length += piece.length
      taken += piece.length
      if (this.#slice.isOver()) await this.#slice.next()
    }
  }

  async finish(): Promise<void> {
    this.#seal(true)
    await this.#flush()
  }

  async #nextBlock(): Promise<void> {
    this.#seal(false)
    if (this.#start === this.#buffer.length) await this.#flush()
  }

  #seal(isLast: boolean): void {
    const end = this.#start + BLOCK_HEADER_BYTES + this.#length
    const block = this.#buffer.subarray(this.#start, end)
    sealBlock(block, isLast, { index: this.#index, ...this.#options })
    this.#index += 1
    this.#start = end
    this.#length = 0
  }

  async #flush(): Promise<void> {
    await writeAll(this.#handle, [this.#buffer.subarray(0, this.#start)], this.#writtenBytes)
    this.#writtenBytes += this.#start
    this.#start = 0
  }
}

/**
 * Reads the stream of a block file.
 *
 * @internal
 */
export class BlockFileReader {
  /** The path. */
  readonly file: string
  /** Bytes of the stream, if the file is whole; never more than the file really has. */
  readonly streamBytes: number
  readonly #handle: FileHandle
  readonly #byteLength: number
  readonly #options: BlockFileOptions
  readonly #slice = new TimeSlice()
  readonly #buffer: Uint8Array
  /** Bytes in the buffer from the current block on. */
  #bytes: Uint8Array = new Uint8Array(0)
  #index = 0
  #isAtEnd = false

  private constructor(
    file: string,
    handle: FileHandle,
    byteLength: number,
    options: BlockFileOptions,
  ) {
    this.file = file
    this.#handle = handle
    this.#byteLength = byteLength
    this.#options = options
    const blockCount = Math.ceil(byteLength / BLOCK_BYTES)
    this.streamBytes = Math.max(0, byteLength - blockCount * BLOCK_HEADER_BYTES)
    this.#buffer = new Uint8Array(Math.min(byteLength, BLOCKS_PER_CALL * BLOCK_BYTES))
  }

  /**
   * Opens a file.
   *
   * @throws CorruptionError when there is no such file, for somebody was told that there is;
   * StorageError
   */
  static async open(path: string, options: BlockFileOptions): Promise<BlockFileReader> {
    let handle: FileHandle | undefined
    try {
      handle = await open(path, 'r')
      const { size } = await handle.stat()
      return new BlockFileReader(path, handle, size, options)
    } catch (error) {
      await handle?.close()
      if (hasCode(error, 'ENOENT')) throw damagedAt(path, 0, 'the file is missing', error)
      throw storageErrorFrom(error, `read ${path}`, { file: path })
    }
  }

  /**
   * The payload of the next block, valid until the next call; undefined behind the last one.
   *
   * @throws CorruptionError with file and offset; StorageError
   */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#isAtEnd) return undefined
    await this.breathe()
    if (this.#bytes.length === 0) await this.#fill()
    const identity = { index: this.#index, ...this.#options }
    const { payload, isLast } = openBlock(this.#bytes.subarray(0, BLOCK_BYTES), this.file, identity)
    if (isLast) this.#checkEnd(payload)
    this.#isAtEnd = isLast
    this.#bytes = this.#bytes.subarray(BLOCK_BYTES)
    this.#index += 1
    return payload
  }

  /** Lets the event loop turn if this reader has been at work for long. */
  async breathe(): Promise<void> {
    if (this.#slice.isOver()) await this.#slice.next()
  }

  /** Gives the file handle back. */
  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #fill(): Promise<void> {
    try {
      this.#bytes = await readAt(this.#handle, this.#buffer, this.#index * BLOCK_BYTES)
    } catch (error) {
      throw storageErrorFrom(error, `read ${this.file}`, { file: this.file })
    }
  }

  #checkEnd(payload: Uint8Array): void {
    const end = this.#index * BLOCK_BYTES + BLOCK_HEADER_BYTES + payload.length
    if (end === this.#byteLength) return
    throw damagedAt(this.file, end, 'the file goes on behind its last block')
  }
}
