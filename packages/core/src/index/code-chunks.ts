/**
 * The memory of codes: a chunk for each segment, with a block for every 32 of its rows, so that a
 * row's place follows from its number and the chunk goes when its segment goes. Chunks are made in
 * order; one that was given back leaves a hole. It knows nothing of what is in the blocks.
 */

import { BLOCK_ROWS } from '../code-layout.js'
import type { Allocator, Lease } from '../contract/index.js'

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
 * The chunks of one collection.
 *
 * @internal
 */
export class CodeChunks {
  readonly #allocator: Allocator
  readonly #shape: ChunkShape
  readonly #leases: (Lease | undefined)[] = []
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
  get(segment: number): Uint8Array | undefined {
    return this.#leases[segment]?.bytes
  }

  /** The last segment with a chunk; -1 when there is none. */
  get last(): number {
    return this.#leases.findLastIndex((lease) => lease !== undefined)
  }

  /**
   * The chunk of a segment, made where there is none. Its bytes are arbitrary.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` from the allocator
   */
  ensure(segment: number): Uint8Array {
    const lease = this.#leases[segment] ?? this.#allocator.allocate(this.#chunkBytes())
    if (this.#leases[segment] === undefined) this.#byteLength += lease.byteLength
    this.#leases[segment] = lease
    return lease.bytes
  }

  /** Gives the chunk of a segment back, if it has one. */
  free(segment: number): void {
    const lease = this.#leases[segment]
    if (lease === undefined) return
    this.#leases[segment] = undefined
    this.#byteLength -= lease.byteLength
    lease.release()
  }

  /** Gives all memory back. */
  release(): void {
    for (const segment of this.#leases.keys()) this.free(segment)
    this.#leases.length = 0
  }

  #chunkBytes(): number {
    const { rowsPerSegment, blockBytes } = this.#shape
    return (rowsPerSegment / BLOCK_ROWS) * blockBytes
  }
}
