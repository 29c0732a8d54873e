/**
 * The memory of the codes of a tail, and what is to be done to fill it: which rows go into which
 * blocks, in which space. It does not know what has been done.
 */

import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf } from '../code-layout.js'
import type {
  Allocator,
  CodeSpace,
  EncodeTask,
  KernelProvider,
  VectorStore,
} from '../contract/index.js'
import type { StoredSchema } from '../schema.js'
import type { Warn } from '../warning.js'
import { type CodeChunk, CodeChunks } from './code-chunks.js'
import { createCodeSpace, type SampleRun } from './code-space.js'
import type { Encoders } from './encode/encode-pool.js'

/** Rows whose mean is the centre of codes. With fewer rows there are none. @internal */
export const SAMPLE_ROWS = 1024

/**
 * What a {@link TailWork}, and a tail, is made of.
 *
 * @internal
 */
export interface CodeTailOptions {
  /** Of the collection, for warnings. */
  readonly name: string
  readonly schema: StoredSchema
  readonly store: VectorStore
  readonly kernels: KernelProvider
  readonly allocator: Allocator
  readonly warn: Warn
  /** The threads that encode where there is much to encode. Without them, nobody but this one. */
  readonly encoders?: Encoders | undefined
}

/**
 * Rows of one segment to be encoded, into blocks of a chunk.
 *
 * @internal
 */
export interface EncodeWork {
  readonly chunk: CodeChunk
  readonly task: EncodeTask
}

/**
 * Memory and work.
 *
 * @internal
 */
export class TailWork {
  readonly chunks: CodeChunks
  /** Of new chunks; made of the first rows when it is needed and there is none. */
  space: CodeSpace | undefined
  readonly #options: CodeTailOptions
  readonly #freed: ReadonlySet<number>
  readonly #blockBytes: number

  /** @param freed - segments that have no rows any more, now and later */
  constructor(options: CodeTailOptions, freed: ReadonlySet<number>) {
    const { schema, store, allocator, kernels } = options
    const codeDimension = codeDimensionOf(schema.dtype, schema.dimension)
    this.#options = options
    this.#freed = freed
    this.#blockBytes = blockLayoutOf(codeDimension).byteLength
    const shape = { rowsPerSegment: store.rowsPerSegment, blockBytes: this.#blockBytes }
    this.chunks = new CodeChunks(allocator, kernels, shape)
  }

  /**
   * How to encode rows of one segment, with memory for their codes.
   *
   * @param row - the first; a multiple of 32
   * @param toRow - the row after the last
   * @throws `SLUICE_LIMIT_EXCEEDED` when there is no memory; what the kernels throw
   */
  take(row: number, toRow: number): EncodeWork {
    const { store, kernels, schema } = this.#options
    const { rowsPerSegment, stride } = store
    const segment = Math.floor(row / rowsPerSegment)
    const rowBase = segment * rowsPerSegment
    this.space ??= createCodeSpace(kernels, schema, this.#sample())
    const chunk = this.chunks.ensure(segment, this.space)
    const blockAt = (at: number): number => ((at - rowBase) / BLOCK_ROWS) * this.#blockBytes
    const rows = store.segment(segment).bytes
    const task = {
      space: chunk.space,
      rows: rows.subarray((row - rowBase) * stride, (toRow - rowBase) * stride),
      rowBase: row,
      blocks: chunk.bytes.subarray(blockAt(row), blockAt(toRow)),
    }
    return { chunk, task }
  }

  /** The first rows that there are. */
  #sample(): SampleRun[] {
    const { store } = this.#options
    const { rowsPerSegment, stride } = store
    const runs: SampleRun[] = []
    let missing = SAMPLE_ROWS
    for (let segment = 0; missing > 0; segment++) {
      if (this.#freed.has(segment)) continue
      const rowCount = Math.min(missing, rowsPerSegment)
      const { bytes } = store.segment(segment)
      runs.push({ rows: bytes.subarray(0, rowCount * stride), rowCount })
      missing -= rowCount
    }
    return runs
  }
}
