/** Reads the frames of a column file in large pieces, and checks them and their order. */

import type { FileHandle } from 'node:fs/promises'
import { CorruptionError } from '../errors.js'
import { readAt } from '../whole-io.js'
import {
  COLUMN_FRAME_HEADER_BYTES,
  type ColumnFrame,
  type ColumnFrameContext,
  type ColumnFrameOwner,
  columnFrameBytes,
  decodeColumnFrameBody,
  decodeColumnFrameHeader,
} from './column-frame.js'

/** Bytes of a read, unless a frame is longer. */
const READ_BYTES = 1024 * 1024

/**
 * What is read.
 *
 * @internal
 */
export interface ReadColumnFramesOptions {
  readonly file: string
  /** Bytes that count; the file has at least these. */
  readonly byteLength: number
  readonly owner: ColumnFrameOwner
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/** A piece of the file; never written to again once a frame of it was handed out. */
interface Piece {
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * Yields the frames of a file, checked. Bodies are views that nobody else writes to.
 *
 * @throws CorruptionError SLUICE_CORRUPT, SLUICE_UNSUPPORTED_FORMAT with `file` and `offset`
 * @internal
 */
export async function* readColumnFrames(
  handle: FileHandle,
  options: ReadColumnFramesOptions,
): AsyncGenerator<ColumnFrame, void, void> {
  const { file, byteLength, owner, crc32c } = options
  const order = new RowOrder(file)
  let piece: Piece = { offset: 0, bytes: new Uint8Array(0) }
  let offset = 0
  while (offset < byteLength) {
    const context = { file, offset, bytesLeft: byteLength - offset, owner, crc32c }
    piece = await reach(handle, piece, { ...context, need: COLUMN_FRAME_HEADER_BYTES })
    const header = decodeColumnFrameHeader(piece.bytes.subarray(offset - piece.offset), context)
    const frameBytes = columnFrameBytes(header.bodyLength)
    piece = await reach(handle, piece, { ...context, need: frameBytes })
    const start = offset - piece.offset
    const frame = piece.bytes.subarray(start, start + frameBytes)
    const body = decodeColumnFrameBody(frame, header, context)
    const { kind, rowBase, rowCount } = header
    order.check({ kind, rowBase, rowCount, body }, offset)
    yield { kind, rowBase, rowCount, body }
    offset += frameBytes
  }
}

/** Frames of one sort ascend by row, so one that was exchanged for another is seen. */
class RowOrder {
  readonly #file: string
  #idsEnd = 0
  #metadataEnd = 0

  constructor(file: string) {
    this.#file = file
  }

  check({ kind, rowBase, rowCount }: ColumnFrame, frameOffset: number): void {
    const end = kind === 'metadata' ? this.#metadataEnd : this.#idsEnd
    if (rowBase < end) {
      const file = this.#file
      const offset = frameOffset + 16
      throw new CorruptionError(
        'SLUICE_CORRUPT',
        `${file}: row base at offset ${offset} is ${rowBase}, expected at least ${end}`,
        { details: { file, offset, field: 'row base', expected: end, actual: rowBase } },
      )
    }
    if (kind === 'metadata') this.#metadataEnd = rowBase + rowCount
    else this.#idsEnd = rowBase + rowCount
  }
}

/** A piece that has `need` bytes from the frame's offset on, or all that are left. */
async function reach(
  handle: FileHandle,
  piece: Piece,
  frame: ColumnFrameContext & { readonly need: number },
): Promise<Piece> {
  const { offset, bytesLeft } = frame
  const need = Math.min(frame.need, bytesLeft)
  const held = piece.bytes.subarray(offset - piece.offset)
  if (held.byteLength >= need) return piece
  const bytes = new Uint8Array(Math.min(Math.max(need, READ_BYTES), bytesLeft))
  bytes.set(held)
  const wanted = bytes.subarray(held.byteLength)
  const found = (await readAt(handle, wanted, offset + held.byteLength)).byteLength
  if (found < wanted.byteLength) {
    const { file } = frame
    const actual = offset + held.byteLength + found
    const expected = offset + bytesLeft
    throw new CorruptionError(
      'SLUICE_CORRUPT',
      `${file}: the file ends at offset ${actual}, expected at least ${expected} bytes`,
      { details: { file, offset: actual, field: 'file length', expected, actual } },
    )
  }
  return { offset, bytes }
}
