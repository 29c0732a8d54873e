/**
 * The memory of codes in row order: a chunk for each segment, with a block for every 32 of its
 * rows, so that a row's place follows from its number and the chunk goes when its segment goes.
 * Chunks are made in order; one that was given back leaves a hole. It knows nothing of what is in
 * the blocks but the space that they belong to. Searches that began with a chunk go on with it.
 */

import { BLOCK_ROWS } from '../code-layout.js'
import type {
  Allocator,
  CodeSpace,
  KernelProvider,
  Lease,
  MemoryRegion,
} from '../contract/index.js'
import { ReadMemory } from './read-memory.js'

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
export class CodeChunk {
  /** How its rows became codes. */
  readonly space: CodeSpace
  readonly bytes: Uint8Array
  readonly #kernels: KernelProvider
  readonly #memory: ReadMemory
  #region: MemoryRegion | undefined

  constructor(kernels: KernelProvider, space: CodeSpace, lease: Lease) {
    this.space = space
    this.bytes = lease.bytes
    this.#kernels = kernels
    this.#memory = new ReadMemory(() => {
      this.#region?.release()
      lease.release()
    })
  }

  /**
   * The region of its blocks; not to be asked for after the last search has ended.
   *
   * @throws `SLUICE_LIMIT_EXCEEDED` when there are too many regions
   */
  get handle(): number {
    this.#region ??= this.#kernels.region(this.bytes)
    return this.#region.handle
  }

  /** Begins a search. Returns the function that ends it, to be called once. */
  enter(): () => void {
    return this.#memory.enter()
  }

  /** Gives its memory back when the last search has ended. */
  retire(): void {
    this.#memory.retire()
  }
}

/**
 * The chunks of one collection.
 *
 * @internal
 */
export class CodeChunks {
  readonly #allocator: Allocator
  readonly #kernels: KernelProvider
  readonly #shape: ChunkShape
  readonly #chunks: (CodeChunk | undefined)[] = []
  #byteLength = 0

  constructor(allocator: Allocator, kernels: KernelProvider, shape: ChunkShape) {
    this.#allocator = allocator
    this.#kernels = kernels
    this.#shape = shape
  }

  /** Bytes of memory held, without what only searches still use. */
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
    const chunk = new CodeChunk(this.#kernels, space, lease)
    this.#byteLength += chunk.bytes.byteLength
    this.#chunks[segment] = chunk
    return chunk
  }

  /** Gives the chunk of a segment back, if it has one. */
  free(segment: number): void {
    const chunk = this.#chunks[segment]
    if (chunk === undefined) return
    this.#chunks[segment] = undefined
    this.#byteLength -= chunk.bytes.byteLength
    chunk.retire()
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
