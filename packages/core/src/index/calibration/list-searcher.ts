/** Searches of the lists of a build, before there is anything else that searches them. */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { CodeLists, KernelProvider, NearestHeap, SearchCost } from '../../contract/index.js'
import { partOfLists } from '../list-part.js'
import { EXTENT_NUMBERS, extentOf } from '../list-places.js'
import { codeListsOf } from '../list-set.js'
import { RegionSlots } from '../region-slots.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import type { SearchPlan } from './calibration.js'
import { RowSearcher } from './row-searcher.js'

/** Bytes of blocks that stay in a second-level cache from one query to the next. */
const GROUP_BYTES = 1024 * 1024

/** Some lists. */
interface ListGroup {
  readonly lists: CodeLists
  readonly listCount: number
}

/**
 * Lists and rows whose memory is registered with kernels.
 *
 * @internal
 */
export class ListSearcher {
  readonly #rows: RowSearcher
  readonly #chunks: RegionSlots
  readonly #lists: CodeLists
  readonly #groups: readonly ListGroup[]

  /** @throws `SLUICE_LIMIT_EXCEEDED` when there is no room for regions */
  constructor(kernels: KernelProvider, lists: RowLists, rows: SegmentedRows) {
    const { space, rowCount } = lists
    this.#rows = new RowSearcher(kernels, space, { ...rows, rowCount })
    this.#chunks = new RegionSlots(kernels)
    try {
      this.#lists = codeListsOf(lists, this.#chunks)
    } catch (error) {
      this.release()
      throw error
    }
    this.#groups = groupsOf(this.#lists, blockLayoutOf(space.signs.length / 2).byteLength)
  }

  /** Groups of lists; together they are all. */
  get groupCount(): number {
    return this.#groups.length
  }

  /** Searches the nearest lists. */
  search(query: Uint8Array, plan: SearchPlan, heap: NearestHeap): SearchCost {
    return this.#rows.search({ query, ...plan, lists: this.#lists }, heap)
  }

  /** Searches the lists of a group, wherever they are. */
  searchGroup(query: Uint8Array, group: number, eps: number, heap: NearestHeap): SearchCost {
    const { lists, listCount } = this.#groups[group]!
    return this.#rows.search({ query, probes: listCount, eps, lists }, heap)
  }

  /** Forgets the memory. */
  release(): void {
    this.#rows.release()
    this.#chunks.dropFrom(0)
  }
}

/** Whole blocks of centroids, until there are enough codes. */
function groupsOf(lists: CodeLists, blockBytes: number): ListGroup[] {
  const { extents } = lists
  const listCount = extents.length / EXTENT_NUMBERS
  const groups: ListGroup[] = []
  let from = 0
  let byteLength = 0
  for (let list = 0; list < listCount; list++) {
    byteLength += Math.ceil(extentOf(extents, list).entries / BLOCK_ROWS) * blockBytes
    const to = list + 1
    const isFull = byteLength >= GROUP_BYTES && to % BLOCK_ROWS === 0
    if (!isFull && to < listCount) continue
    groups.push({ lists: partOfLists(lists, { from, to }), listCount: to - from })
    from = to
    byteLength = 0
  }
  return groups
}
