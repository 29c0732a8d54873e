/**
 * A byte string per row: string ids, metadata. An append-only arena in chunks of leased memory,
 * and a position per row. Rows may be sparse; an empty string of bytes is the same as none.
 * Invariants: bytes never move, so a view stays valid until `release`; bytes of a row that is set
 * again stay behind in the arena, unused.
 */

import type { Allocator, Lease } from '../contract/index.js'
import { InvalidArgumentError } from '../errors.js'
import { type PackedBytes, packedStart } from '../packed-bytes.js'
import { RowWords } from './row-words.js'

/** Positions count in units of 4 bytes, so that 32 bits reach 16 GiB. */
const UNIT_BYTES = 4
/** A chunk, and the part of the arena's address space that it takes. */
const CHUNK_BYTES = 1 << 20
const CHUNK_UNITS_LOG2 = 18
/** One chunk less than 2^32 units hold, because position 0 stands for nothing. */
const CHUNKS_MAX = (1 << (32 - CHUNK_UNITS_LOG2)) - 1
/** The first chunks have 4, 16, 64 and 256 KiB, so that a small collection stays small. */
const FIRST_CHUNK_BYTES = 4096
/** Longer items are copied by `TypedArray.set`, which costs an object for the source view. */
const LOOP_COPY_BYTES_MAX = 64

/**
 * Byte strings by row.
 *
 * @internal
 */
export class RowBytes {
  readonly #allocator: Allocator
  /** Unit of each row's item plus 1; 0: the row has none. */
  readonly #positions: RowWords
  #chunks: Uint8Array[] = []
  #leases: Lease[] = []
  #arenaBytes = 0
  #chunk: Uint8Array = new Uint8Array(0)
  /** First unit of the current chunk, and bytes of it in use. */
  #chunkUnit = 0
  #chunkUsed = 0

  constructor(allocator: Allocator) {
    this.#allocator = allocator
    this.#positions = new RowWords(allocator, 1)
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#arenaBytes + this.#positions.byteLength
  }

  /**
   * Sets the bytes of a row; none, when `bytes` is empty.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` when memory or the 16 GiB of addresses are exhausted
   */
  set(row: number, bytes: Uint8Array): void {
    if (bytes.byteLength > 0 || this.#positions.first(row) !== 0) {
      this.#positions.ensure(row, row + 1)
      this.#write(row, bytes, 0, bytes.byteLength)
    }
  }

  /**
   * Sets the bytes of rows `rowBase + from` to `rowBase + to - 1` to items `from` to `to - 1`.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` as `set` does; some rows may have been set by then
   */
  setPacked(rowBase: number, packed: PackedBytes, from: number, to: number): void {
    this.#positions.ensure(rowBase + from, rowBase + to)
    let start = packedStart(packed, from)
    for (let i = from; i < to; i++) {
      const end = packed.ends[i] ?? start
      this.#write(rowBase + i, packed.bytes, start, end)
      start = end
    }
  }

  /**
   * Takes the bytes of rows `fromRow` to `toRow - 1` away. They must be the newest, set in row
   * order; their space is used again.
   */
  rewind(fromRow: number, toRow: number): void {
    let start = 0
    for (let row = toRow - 1; row >= fromRow; row--) {
      const position = this.#positions.first(row)
      if (position === 0) continue
      start = position
      this.#positions.setFirst(row, 0)
    }
    if (start > 0) this.#rewindTo(start - 1)
  }

  /** A view of the bytes of a row; undefined where there are none. */
  get(row: number): Uint8Array | undefined {
    const position = this.#positions.first(row)
    if (position === 0) return undefined
    const chunk = this.#chunkAt(position - 1)
    const offset = offsetOf(position - 1)
    const length = readLength(chunk, offset)
    const start = offset + lengthBytes(length)
    return chunk.subarray(start, start + length)
  }

  /** Whether the bytes of a row are `bytes[start]` to `bytes[end - 1]`. */
  equals(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    const position = this.#positions.first(row)
    if (position === 0) return length === 0
    const chunk = this.#chunkAt(position - 1)
    const offset = offsetOf(position - 1)
    if (readLength(chunk, offset) !== length) return false
    const shift = offset + lengthBytes(length) - start
    for (let i = start; i < end; i++) if (chunk[i + shift] !== bytes[i]) return false
    return true
  }

  /** Gives all memory back; every row has no bytes afterwards. */
  release(): void {
    this.#positions.release()
    for (const lease of this.#leases) lease.release()
    this.#leases = []
    this.#chunks = []
    this.#arenaBytes = 0
    this.#chunk = new Uint8Array(0)
    this.#chunkUnit = 0
    this.#chunkUsed = 0
  }

  #write(row: number, source: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length === 0) {
      this.#positions.setFirst(row, 0)
      return
    }
    const prefix = lengthBytes(length)
    const needed = Math.ceil((prefix + length) / UNIT_BYTES) * UNIT_BYTES
    if (this.#chunkUsed + needed > this.#chunk.byteLength) this.#addChunk(needed)
    const chunk = this.#chunk
    const offset = this.#chunkUsed
    writeLength(chunk, offset, length)
    if (length <= LOOP_COPY_BYTES_MAX) {
      const shift = offset + prefix - start
      for (let i = start; i < end; i++) chunk[i + shift] = source[i]!
    } else {
      chunk.set(source.subarray(start, end), offset + prefix)
    }
    this.#chunkUsed = offset + needed
    this.#positions.setFirst(row, this.#chunkUnit + offset / UNIT_BYTES + 1)
  }

  /** Makes `unit` the next free one; chunks after its own go back. */
  #rewindTo(unit: number): void {
    const index = unit >>> CHUNK_UNITS_LOG2
    this.#chunks.length = index + 1
    for (const lease of this.#leases.splice(index + 1)) {
      this.#arenaBytes -= lease.byteLength
      lease.release()
    }
    this.#chunk = this.#chunkAt(unit)
    this.#chunkUnit = (index << CHUNK_UNITS_LOG2) >>> 0
    this.#chunkUsed = offsetOf(unit)
  }

  #chunkAt(unit: number): Uint8Array {
    return this.#chunks[unit >>> CHUNK_UNITS_LOG2]!
  }

  /**
   * Starts a chunk. A longer item gets a chunk of its own length, which it fills: it starts at the
   * chunk's address, and no other item needs the addresses that it runs over.
   */
  #addChunk(needed: number): void {
    const index = this.#chunks.length
    if (index >= CHUNKS_MAX) {
      throw new InvalidArgumentError(
        'SLUICE_LIMIT_EXCEEDED',
        `string ids or metadata of one collection: at most ${CHUNKS_MAX} chunks of 1 MiB`,
        { details: { max: CHUNKS_MAX * CHUNK_BYTES } },
      )
    }
    const usual = index < 4 ? FIRST_CHUNK_BYTES << (2 * index) : CHUNK_BYTES
    const lease = this.#allocator.allocate(Math.max(usual, needed))
    this.#leases.push(lease)
    this.#arenaBytes += lease.byteLength
    this.#chunk = lease.bytes
    this.#chunks.push(lease.bytes)
    this.#chunkUnit = (index << CHUNK_UNITS_LOG2) >>> 0
    this.#chunkUsed = 0
  }
}

function offsetOf(unit: number): number {
  return (unit & ((1 << CHUNK_UNITS_LOG2) - 1)) * UNIT_BYTES
}

/** Bytes of the length prefix: 7 bits a byte, low bits first (LEB128). */
function lengthBytes(length: number): number {
  if (length < 1 << 7) return 1
  if (length < 1 << 14) return 2
  if (length < 1 << 21) return 3
  return length < 1 << 28 ? 4 : 5
}

function writeLength(chunk: Uint8Array, offset: number, length: number): void {
  let rest = length
  let at = offset
  for (; rest >= 128; rest = Math.floor(rest / 128)) chunk[at++] = (rest & 127) | 128
  chunk[at] = rest
}

function readLength(chunk: Uint8Array, offset: number): number {
  const first = chunk[offset]!
  if (first < 128) return first
  let length = first & 127
  let scale = 128
  for (let at = offset + 1; ; at++) {
    const byte = chunk[at]!
    length += (byte & 127) * scale
    if (byte < 128) return length
    scale *= 128
  }
}
