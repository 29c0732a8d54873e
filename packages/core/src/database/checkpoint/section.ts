/**
 * The stream of a checkpoint file is a sequence of sections: a header of 24 bytes, little endian,
 * then that many bytes, then zeros up to a multiple of 8.
 *
 *     0 kind u16 | 2 version u16 | 4 flags u32 (bit 0: required) | 8 collection id u32
 *     12 zero u32 | 16 byte length u64
 *
 * A reader skips a section that it does not know, unless it is required: so a later release can
 * add columns and indexes that this one does without, and others that it must not do without.
 */

import type { CorruptionError } from '../../errors.js'
import {
  BLOCK_BYTES,
  BLOCK_HEADER_BYTES,
  BLOCK_PAYLOAD_BYTES,
  damagedAt,
  unsupportedAt,
} from './block.js'
import type { BlockFileReader } from './block-file.js'

/**
 * Bytes of a section header.
 *
 * @internal
 */
export const SECTION_HEADER_BYTES = 24

const REQUIRED = 1

/** Kinds, by their number less one. All are of version 1. */
const KINDS = ['database', 'collection', 'segments', 'alive', 'times'] as const
const VERSION = 1

/**
 * What a section is about: the database, a collection, the table of its segments, alive bits, the
 * times of rows.
 *
 * @internal
 */
export type SectionKind = (typeof KINDS)[number]

/**
 * What a section header says.
 *
 * @internal
 */
export interface SectionHeader {
  readonly kind: SectionKind
  /** 0 for the database. */
  readonly collectionId: number
  readonly byteLength: number
}

/**
 * The header of a section.
 *
 * @internal
 */
export function encodeSectionHeader(header: SectionHeader): Uint8Array {
  const bytes = new Uint8Array(SECTION_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, KINDS.indexOf(header.kind) + 1, true)
  view.setUint16(2, VERSION, true)
  view.setUint32(4, flagsOf(header.kind), true)
  view.setUint32(8, header.collectionId, true)
  view.setBigUint64(16, BigInt(header.byteLength), true)
  return bytes
}

/**
 * A whole section: header, bytes and padding.
 *
 * @internal
 */
export function encodeSection(
  about: Pick<SectionHeader, 'kind' | 'collectionId'>,
  body: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(SECTION_HEADER_BYTES + paddedLength(body.length))
  bytes.set(encodeSectionHeader({ ...about, byteLength: body.length }))
  bytes.set(body, SECTION_HEADER_BYTES)
  return bytes
}

/**
 * The zeros behind a section of so many bytes.
 *
 * @internal
 */
export function sectionPadding(byteLength: number): Uint8Array {
  return new Uint8Array(paddedLength(byteLength) - byteLength)
}

/**
 * Reads the sections of a file in order. Lengths are compared with what the file really has
 * before anybody allocates by them.
 *
 * @internal
 */
export class SectionReader {
  readonly #blocks: BlockFileReader
  /** What is left of the current block. */
  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0
  #start = 0
  /** Where the current section, padding included, ends in the stream. */
  #end = 0
  #current: SectionHeader | undefined

  /** @param blocks - at its start; remains the caller's to close */
  constructor(blocks: BlockFileReader) {
    this.#blocks = blocks
  }

  /** The section whose bytes come next; undefined at the end, and before the first `advance`. */
  get current(): SectionHeader | undefined {
    return this.#current
  }

  /**
   * Goes to the next section that this release knows.
   *
   * @returns {@link current}
   * @throws CorruptionError `SLUICE_UNSUPPORTED_FORMAT` for a section that may not be skipped
   */
  async advance(): Promise<SectionHeader | undefined> {
    this.#current = undefined
    do {
      await this.#skipTo(this.#end)
      await this.#blocks.breathe()
      this.#start = this.#position
      if (!(await this.#hasMore())) return undefined
      const header = await this.#take(SECTION_HEADER_BYTES)
      this.#current = this.#parse(new DataView(header.buffer))
    } while (this.#current === undefined)
    return this.#current
  }

  /**
   * The next bytes of the current section, copied.
   *
   * @throws CorruptionError when it has fewer
   */
  async read(byteLength: number): Promise<Uint8Array> {
    const left = this.#start + SECTION_HEADER_BYTES + (this.#current?.byteLength ?? 0)
    if (this.#position + byteLength > left) throw this.damaged('a section is too short')
    return this.#take(byteLength)
  }

  /** The error for a current section that cannot be right. */
  damaged(problem: string, cause?: unknown): CorruptionError {
    return damagedAt(this.#blocks.file, fileOffsetOf(this.#start), problem, cause)
  }

  /** Reads a header and notes its end. Undefined for a section that may be skipped. */
  #parse(view: DataView<ArrayBuffer>): SectionHeader | undefined {
    const number = view.getUint16(0, true)
    const version = view.getUint16(2, true)
    const flags = view.getUint32(4, true)
    const collectionId = view.getUint32(8, true)
    const byteLength = Number(view.getBigUint64(16, true))
    this.#end = this.#start + SECTION_HEADER_BYTES + paddedLength(byteLength)
    if (this.#end > this.#blocks.streamBytes) {
      throw this.damaged(`a section of ${byteLength} bytes is longer than the file`)
    }
    const kind = KINDS[number - 1]
    if (kind !== undefined && version === VERSION && flags === flagsOf(kind)) {
      if (view.getUint32(12, true) !== 0) throw this.damaged('the section header is wrong')
      return { kind, collectionId, byteLength }
    }
    if ((flags & REQUIRED) === 0) return undefined
    const what = `section kind ${number}, version ${version}, flags ${flags} is unknown`
    throw unsupportedAt(this.#blocks.file, fileOffsetOf(this.#start), what)
  }

  async #hasMore(): Promise<boolean> {
    while (this.#bytes.length === 0) {
      const payload = await this.#blocks.next()
      if (payload === undefined) return false
      this.#bytes = payload
    }
    return true
  }

  async #take(byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#position + byteLength > this.#blocks.streamBytes) throw this.damaged('it is cut off')
    const taken = new Uint8Array(byteLength)
    let length = 0
    while (length < byteLength) {
      const piece = await this.#nextPiece(byteLength - length)
      taken.set(piece, length)
      length += piece.length
    }
    return taken
  }

  async #skipTo(position: number): Promise<void> {
    while (this.#position < position) await this.#nextPiece(position - this.#position)
  }

  async #nextPiece(lengthMax: number): Promise<Uint8Array> {
    if (!(await this.#hasMore())) throw this.damaged('it is cut off')
    const piece = this.#bytes.subarray(0, lengthMax)
    this.#bytes = this.#bytes.subarray(piece.length)
    this.#position += piece.length
    return piece
  }
}

/** Times are new, and whoever does not know them takes those of whole segments. */
function flagsOf(kind: SectionKind): number {
  return kind === 'times' ? 0 : REQUIRED
}

function paddedLength(byteLength: number): number {
  return Math.ceil(byteLength / 8) * 8
}

/** Where a byte of the stream lies in the file. */
function fileOffsetOf(position: number): number {
  const index = Math.floor(position / BLOCK_PAYLOAD_BYTES)
  return index * BLOCK_BYTES + BLOCK_HEADER_BYTES + (position % BLOCK_PAYLOAD_BYTES)
}
