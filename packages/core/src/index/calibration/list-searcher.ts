/** Searches of the lists of a build, before there is anything else that searches them. */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type {
  KernelProvider,
  ListSearch,
  MemoryRegion,
  NearestHeap,
  SearchCost,
} from '../../contract/index.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import type { SearchPlan } from './calibration.js'

/** Bytes of blocks that stay in a second-level cache from one query to the next. */
const GROUP_BYTES = 1024 * 1024
const EXTENT_NUMBERS = 3

/** What is searched. */
type ListCodes = Pick<
  RowLists,
  'space' | 'centroids' | 'centroidBlocks' | 'chunks' | 'extents' | 'rowCount'
>

/**
 * Lists and rows whose memory is registered with kernels.
 *
 * @internal
 */
export class ListSearcher {
  readonly #kernels: KernelProvider
  readonly #regions: MemoryRegion[] = []
  readonly #search: Omit<ListSearch, 'query' | 'probes' | 'eps' | 'lists'>
  readonly #lists: Required<ListSearch>['lists']
  readonly #groups: readonly Uint32Array[]

  /** @throws `SLUICE_LIMIT_EXCEEDED` when there is no room for regions */
  constructor(kernels: KernelProvider, lists: ListCodes, rows: SegmentedRows) {
    this.#kernels = kernels
    const { space, centroids, centroidBlocks, rowCount } = lists
    try {
      const segments = Uint32Array.from(rows.segments, (segment) => this.#register(segment))
      const chunks = lists.chunks.map((chunk) => this.#register(chunk))
      const extents = lists.extents.slice()
      for (let at = 0; at < extents.length; at += EXTENT_NUMBERS) {
        extents[at] = chunks[extents[at]!] ?? 0
      }
      const table = { segments, rowsPerSegment: rows.rowsPerSegment, rowCount }
      this.#search = {
        space,
        rows: rows.mask === undefined ? table : { ...table, mask: rows.mask },
        tail: new Uint32Array(0),
        looseFrom: rowCount,
      }
      this.#lists = { centroids, blocks: centroidBlocks, extents }
      this.#groups = groupsOf(extents, blockLayoutOf(space.signs.length / 2).byteLength)
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** Groups of lists; together they are all. */
  get groupCount(): number {
    return this.#groups.length
  }

  /** Searches the nearest lists. */
  search(query: Uint8Array, { probes, eps }: SearchPlan, heap: NearestHeap): SearchCost {
    const lists = this.#lists
    return this.#kernels.searchLists({ ...this.#search, query, probes, eps, lists }, heap)
  }

  /** Searches the lists of a group, wherever they are. */
  searchGroup(query: Uint8Array, group: number, eps: number, heap: NearestHeap): SearchCost {
    const tail = this.#groups[group]!
    return this.#kernels.searchLists({ ...this.#search, query, probes: 0, eps, tail }, heap)
  }

  /** Forgets the memory. */
  release(): void {
    for (const region of this.#regions.splice(0)) region.release()
  }

  #register(bytes: Uint8Array | undefined): number {
    if (bytes === undefined) return 0
    const region = this.#kernels.region(bytes)
    this.#regions.push(region)
    return region.handle
  }
}

function groupsOf(extents: Uint32Array, blockBytes: number): Uint32Array[] {
  const groups: Uint32Array[] = []
  let start = 0
  let byteLength = 0
  for (let at = 0; at < extents.length; at += EXTENT_NUMBERS) {
    byteLength += Math.ceil(extents[at + 2]! / BLOCK_ROWS) * blockBytes
    if (byteLength < GROUP_BYTES) continue
    groups.push(extents.subarray(start, at + EXTENT_NUMBERS))
    start = at + EXTENT_NUMBERS
    byteLength = 0
  }
  if (start < extents.length) groups.push(extents.subarray(start))
  return groups
}
