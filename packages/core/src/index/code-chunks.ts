/**
 * The memory of codes in row order: a chunk for each segment, with a block for every 32 of its
 * rows, so that a row's place follows from its number and the chunk goes when its segment goes.
 * Chunks are made in order; one that was given back leaves a hole. It knows nothing of what is in
 * the blocks but the space that they belong to.
 */

import { BLOCK_ROWS } from '../code-layout.js'
import type { Allocator, CodeSpace, Lease } from '../contract/index.js'

/**
 * How blocks are divided among chunks.
 *
 * @internal
 */
export interface ChunkShape {
  /** A multiple of 32. */
  readonly rowsPerSegment: number
  /** Bytes of a block. */
  readonly blockBytes: number
}

/**
 * The blocks of a segment.
 *
 * @internal
 */
export interface CodeChunk {
  /** How its rows became codes. */
  readonly space: CodeSpace
  readonly bytes: Uint8Array
}

/** A chunk and what ends it. */
interface LeasedChunk extends CodeChunk {
  readonly lease: Lease
}

/**
 * The chunks of one collection.
 *
 * @internal
 */
export class CodeChunks {
  readonly #allocator: Allocator
  readonly #shape: ChunkShape
  readonly #chunks: (LeasedChunk | undefined)[] = []
  #byteLength = 0

  constructor(allocator: Allocator, shape: ChunkShape) {
    this.#allocator = allocator
    this.#shape = shape
  }

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** The chunk of a segment; undefined where there is none. */
  get(segment: number): CodeChunk | undefined {
    return this.#chunks[segment]
  }

  /** The last segment with a chunk; -1 when there is none. */
  get last(): number {
    return this.#chunks.findLastIndex((chunk) => chunk !== undefined)
  }

  /**
   * The chunk of a segment, made for codes in this space where there is none. Its bytes are
   * arbitrary then.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator
   */
  ensure(segment: number, space: CodeSpace): CodeChunk {
    const there = this.#chunks[segment]
    if (there !== undefined) return there
    const lease = this.#allocator.allocate(this.#chunkBytes())
    const chunk = { space, bytes: lease.bytes, lease }
    this.#byteLength += lease.byteLength
    this.#chunks[segment] = chunk
    return chunk
  }

  /** Gives the chunk of a segment back, if it has one. */
  free(segment: number): void {
    const lease = this.#chunks[segment]?.lease
    if (lease === undefined) return
    this.#chunks[segment] = undefined
    this.#byteLength -= lease.byteLength
    lease.release()
  }

  /** Gives all memory back. */
  release(): void {
    for (const segment of this.#chunks.keys()) this.free(segment)
    this.#chunks.length = 0
  }

  #chunkBytes(): number {
    const { rowsPerSegment, blockBytes } = this.#shape
    return (rowsPerSegment / BLOCK_ROWS) * blockBytes
  }
}
