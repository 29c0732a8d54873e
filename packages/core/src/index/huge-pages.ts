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

/** Where rows lie. */
type RowMemory = Pick<VectorStore, 'rowsPerSegment' | 'stride' | 'segment'>

/** What is moved of a segment whose rows are not all in lists: so much of it more than before. */
const SHARE_MIN = 1 / 4

/**
 * What is still in small pages, as far as it is known.
 *
 * @internal
 */
export class HugePages {
  readonly #kernels: KernelProvider
  readonly #store: RowMemory
  #set: ListSet | undefined
  /** Pieces of that set that are done, and rows. */
  #pieces = 0
  #rows = 0

  constructor(kernels: KernelProvider, store: RowMemory) {
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
    const bytes = this.#nextPiece(set) ?? this.#nextRows(set, index)
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

  /** The next segment as far as its rows are in lists. */
  #nextRows({ lists }: ListSet, index: MovedIndex): Uint8Array | undefined {
    const { rowsPerSegment, stride } = this.#store
    for (;;) {
      const segment = Math.floor(this.#rows / rowsPerSegment)
      const rowBase = segment * rowsPerSegment
      const to = Math.min(lists.rowCount, rowBase + rowsPerSegment)
      const isWhole = to === rowBase + rowsPerSegment
      if (!isWhole && to - this.#rows < SHARE_MIN * rowsPerSegment) return undefined
      this.#rows = to
      if (index.isFreed(segment)) continue
      // What is in huge pages already stays as it is.
      return this.#store.segment(segment).bytes.subarray(0, (to - rowBase) * stride)
    }
  }
}
