/**
 * Moves what searches of lists jump about in, the lists and the rows in them, into huge pages:
 * comparing a row takes a third less time then, where there are a million of them
 * (docs/benchmarks.md). It is done last, because new memory is faster to write in small pages.
 */

import type { KernelProvider, VectorStore } from '../contract/index.js'
import type { ListSet } from './list-set.js'
import type { MaintainedIndex } from './maintained-index.js'

/** What is to be moved. */
type MovedIndex = Pick<MaintainedIndex, 'set' | 'isFreed'>

/**
 * What is still in small pages, as far as it is known.
 *
 * @internal
 */
export class HugePages {
  readonly #kernels: KernelProvider
  readonly #store: Pick<VectorStore, 'rowsPerSegment' | 'segment'>
  #set: ListSet | undefined
  /** Pieces of that set that are done, and segments. */
  #pieces = 0
  #segments = 0

  constructor(kernels: KernelProvider, store: Pick<VectorStore, 'rowsPerSegment' | 'segment'>) {
    this.#kernels = kernels
    this.#store = store
  }

  /**
   * Moves one piece of memory.
   *
   * @returns false: there was none left
   */
  async moveNext(index: MovedIndex): Promise<boolean> {
    const { memory } = this.#kernels
    const { set } = index
    if (memory === undefined || set === undefined) return false
    const bytes = this.#nextPiece(set) ?? this.#nextSegment(set, index)
    if (bytes === undefined) return false
    await memory.collapse(bytes)
    return true
  }

  #nextPiece(set: ListSet): Uint8Array | undefined {
    if (this.#set !== set) this.#pieces = 0
    this.#set = set
    const { centroids, centroidBlocks, chunks } = set.lists
    const { buffer, byteOffset, byteLength } = centroids
    const pieces = [new Uint8Array(buffer, byteOffset, byteLength), centroidBlocks, ...chunks]
    return pieces[this.#pieces++]
  }

  /** The next segment whose rows are all in lists. */
  #nextSegment({ lists }: ListSet, index: MovedIndex): Uint8Array | undefined {
    const { rowsPerSegment } = this.#store
    while ((this.#segments + 1) * rowsPerSegment <= lists.rowCount) {
      const segment = this.#segments
      this.#segments += 1
      if (!index.isFreed(segment)) return this.#store.segment(segment).bytes
    }
    return undefined
  }
}
