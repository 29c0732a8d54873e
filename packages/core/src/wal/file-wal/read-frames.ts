/**
 * Streams the records of one log file in bounded memory: chunks of 1 MiB, or one record where that
 * is larger. Says where and why the stream ended and leaves the judgement to its caller.
 */

import type { FileHandle } from 'node:fs/promises'
import type { SluiceError } from '../../errors.js'
import { readAt } from '../../whole-io.js'
import { nextFrame } from '../record/frame.js'
import type { DecodedHeader } from '../record/header.js'

const CHUNK_BYTES = 1024 * 1024

/**
 * What to stream.
 *
 * @internal
 */
export interface FrameSource {
  readonly handle: FileHandle
  /** Where the first record starts. */
  readonly offset: number
  /** Where to stop: the length of the file, or of its known good part. */
  readonly end: number
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/**
 * A record and where it lies.
 *
 * @internal
 */
export interface FileFrame {
  readonly header: DecodedHeader
  readonly offset: number
  /** The record: a view that nobody else changes. */
  readonly bytes: Uint8Array
}

/**
 * Why a stream ended: `end` after a whole record, else at bytes that are none.
 *
 * @internal
 */
export interface FramesEnd {
  readonly status: 'end' | 'torn' | 'bad'
  /** End of the last whole record. */
  readonly offset: number
  /** Why the bytes there are no record; only for `bad`. */
  readonly error?: SluiceError
}

/**
 * Streams records; the return value says how it ended.
 *
 * @internal
 */
export async function* readFrames(source: FrameSource): AsyncGenerator<FileFrame, FramesEnd> {
  const { handle, end, crc32c } = source
  let chunk: Uint8Array = new Uint8Array(0)
  let chunkOffset = source.offset
  let position = 0
  for (;;) {
    const frame = nextFrame(chunk, position, crc32c)
    const offset = chunkOffset + position
    if (frame.status === 'ok') {
      yield { header: frame.header, offset, bytes: frame.bytes }
      position += frame.bytes.length
      continue
    }
    if (frame.status === 'bad') return { status: 'bad', offset, error: frame.error }
    const needed = frame.status === 'torn' ? frame.byteLength : 1
    if (offset + needed > end) return { status: offset === end ? 'end' : 'torn', offset }
    // A new chunk each time: the records handed out are views into the old one.
    const byteLength = Math.min(Math.max(CHUNK_BYTES, needed), end - offset)
    chunk = await readAt(handle, new Uint8Array(byteLength), offset)
    chunkOffset = offset
    position = 0
    if (chunk.length < needed) return { status: 'torn', offset }
  }
}
