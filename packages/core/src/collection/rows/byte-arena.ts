/**
 * Byte strings of any length in chunks of leased memory, found again by position. They are added at
 * the end and never move; a chunk goes back when the last of its items was dropped, and its place
 * among the positions is used again. Knows no rows.
 */

import type { Allocator, Lease } from '../../contract/index.js'
import { StateError } from '../../errors.js'

/** Positions count in units of 4 bytes, so that 32 bits reach 16 GiB. */
const UNIT_BYTES = 4
/** A chunk, and the part of the arena's address space that it takes. */
const CHUNK_BYTES = 1 << 20
const CHUNK_UNITS_LOG2 = 18
const CHUNK_UNITS = 1 << CHUNK_UNITS_LOG2
/** One chunk less than 2^32 units hold, because position 0 stands for nothing. */
const CHUNKS_MAX = (1 << (32 - CHUNK_UNITS_LOG2)) - 1
/** The first chunks have 4, 16, 64 and 256 KiB, so that a small collection stays small. */
const FIRST_CHUNK_BYTES = 4096
/** Longer items are copied by `TypedArray.set`, which costs an object for the source view. */
const LOOP_COPY_BYTES_MAX = 64
const NO_BYTES = new Uint8Array(0)

/** Memory, and what is in it. */
interface Chunk {
  readonly index: number
  readonly bytes: Uint8Array
  readonly lease: Lease
  /** Items that were neither dropped nor taken back. */
  itemCount: number
}

/**
 * An arena of byte strings. A position is the first unit of an item plus 1.
 *
 * @internal
 */
export class ByteArena {
  readonly #allocator: Allocator
  /** By the high bits of a unit. */
  #chunks: (Chunk | undefined)[] = []
  /** The same, oldest first; the last one is being filled. */
  #ages: Chunk[] = []
  /** Places in `#chunks` that are free again. */
  #freeIndexes: number[] = []
  #byteLength = 0
  #chunk: Chunk | undefined
  /** The bytes of the chunk that is being filled, and how many are in use. */
  #bytes: Uint8Array = NO_BYTES
  #used = 0

  constructor(allocator: Allocator) {
    this.#allocator = allocator
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#byteLength
  }

  /**
   * Adds the item `source[start]` to `source[end - 1]`, which is not empty.
   *
   * @returns its position, above 0
   * @throws `SLUICE_LIMIT_EXCEEDED` when memory or the 16 GiB of addresses are exhausted
   */
  add(source: Uint8Array, start: number, end: number): number {
    const length = end - start
    const prefix = lengthBytes(length)
    const needed = Math.ceil((prefix + length) / UNIT_BYTES) * UNIT_BYTES
    if (this.#used + needed > this.#bytes.byteLength) this.#addChunk(needed)
    const bytes = this.#bytes
    const chunk = this.#chunk!
    const offset = this.#used
    writeLength(bytes, offset, length)
    if (length <= LOOP_COPY_BYTES_MAX) {
      const shift = offset + prefix - start
      for (let i = start; i < end; i++) bytes[i + shift] = source[i]!
    } else {
      bytes.set(source.subarray(start, end), offset + prefix)
    }
    this.#used = offset + needed
    chunk.itemCount += 1
    return chunk.index * CHUNK_UNITS + offset / UNIT_BYTES + 1
  }

  /** A view of an item. */
  item(position: number): Uint8Array {
    const { bytes } = this.#chunkOf(position)
    const offset = offsetOf(position)
    const length = readLength(bytes, offset)
    const start = offset + lengthBytes(length)
    return bytes.subarray(start, start + length)
  }

  /** Bytes of an item. */
  lengthOf(position: number): number {
    return readLength(this.#chunkOf(position).bytes, offsetOf(position))
  }

  /** Whether an item is `bytes[start]` to `bytes[end - 1]`. */
  equals(position: number, bytes: Uint8Array, start: number, end: number): boolean {
    const chunk = this.#chunkOf(position).bytes
    const offset = offsetOf(position)
    const length = end - start
    if (readLength(chunk, offset) !== length) return false
    const shift = offset + lengthBytes(length) - start
    for (let i = start; i < end; i++) if (chunk[i + shift] !== bytes[i]) return false
    return true
  }

  /** Copies an item to `target[at]` and following. */
  copyTo(position: number, target: Uint8Array, at: number): void {
    const { bytes } = this.#chunkOf(position)
    const offset = offsetOf(position)
    const length = readLength(bytes, offset)
    const start = offset + lengthBytes(length)
    if (length > LOOP_COPY_BYTES_MAX) {
      target.set(bytes.subarray(start, start + length), at)
      return
    }
    for (let i = 0; i < length; i++) target[at + i] = bytes[start + i]!
  }

  /** Forgets an item. Its space is lost until its whole chunk goes back. */
  drop(position: number): void {
    const chunk = this.#chunkOf(position)
    chunk.itemCount -= 1
    if (chunk.itemCount > 0 || chunk === this.#chunk) return
    this.#ages.splice(this.#ages.lastIndexOf(chunk), 1)
    this.#release(chunk)
  }

  /** Takes the newest item back; its space is used again. */
  takeBack(position: number): void {
    const chunk = this.#chunkOf(position)
    for (let last = this.#ages.at(-1); last && last !== chunk; last = this.#ages.at(-1)) {
      this.#ages.pop()
      this.#release(last)
    }
    chunk.itemCount -= 1
    this.#fill(chunk, offsetOf(position))
  }

  /** Gives all memory back. */
  release(): void {
    for (const { lease } of this.#ages) lease.release()
    this.#chunks = []
    this.#ages = []
    this.#freeIndexes = []
    this.#byteLength = 0
    this.#fill(undefined, 0)
  }

  #chunkOf(position: number): Chunk {
    return this.#chunks[(position - 1) >>> CHUNK_UNITS_LOG2]!
  }

  /**
   * Starts a chunk. A longer item gets a chunk of its own length, which it fills: it starts at the
   * chunk's address, and no other item needs the addresses that it runs over.
   */
  #addChunk(needed: number): void {
    const index = this.#freeIndexes.at(-1) ?? this.#chunks.length
    if (index >= CHUNKS_MAX) {
      throw new StateError(
        'SLUICE_LIMIT_EXCEEDED',
        `string ids or metadata of one collection: at most ${CHUNKS_MAX} chunks of 1 MiB`,
        { details: { max: CHUNKS_MAX * CHUNK_BYTES } },
      )
    }
    const age = this.#ages.length
    const usual = age < 4 ? FIRST_CHUNK_BYTES << (2 * age) : CHUNK_BYTES
    const lease = this.#allocator.allocate(Math.max(usual, needed))
    if (index < this.#chunks.length) this.#freeIndexes.pop()
    if (this.#chunk?.itemCount === 0) this.#release(this.#ages.pop())
    const chunk = { index, bytes: lease.bytes, lease, itemCount: 0 }
    this.#chunks[index] = chunk
    this.#ages.push(chunk)
    this.#byteLength += lease.byteLength
    this.#fill(chunk, 0)
  }

  #fill(chunk: Chunk | undefined, used: number): void {
    this.#chunk = chunk
    this.#bytes = chunk?.bytes ?? NO_BYTES
    this.#used = used
  }

  #release(chunk: Chunk | undefined): void {
    if (!chunk) return
    this.#chunks[chunk.index] = undefined
    this.#freeIndexes.push(chunk.index)
    this.#byteLength -= chunk.lease.byteLength
    chunk.lease.release()
  }
}

/** Where in its chunk an item starts, in bytes. */
function offsetOf(position: number): number {
  return ((position - 1) & (CHUNK_UNITS - 1)) * UNIT_BYTES
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
