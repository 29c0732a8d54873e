/**
 * The lists of a collection at one time, with what it takes to search them. Searches that began
 * with a set go on with it: its memory is given back once it was replaced and the last one ended.
 */

import type { CodeLists, KernelProvider, Lease } from '../contract/index.js'
import type { Calibration } from './calibration/calibration.js'
import { entriesOf } from './list-places.js'
import { ReadMemory } from './read-memory.js'
import { RegionSlots } from './region-slots.js'
import type { RowLists, SearchedLists } from './row-lists.js'

/**
 * What a build made.
 *
 * @internal
 */
export interface BuiltLists {
  readonly lists: RowLists
  readonly calibration: Calibration
  /** All memory of the lists. */
  readonly leases: readonly Lease[]
  /** Rows that were alive and are in lists. */
  readonly aliveRows: number
}

/**
 * Lists that can be searched.
 *
 * @internal
 */
export class ListSet {
  readonly lists: RowLists
  /** How to search them; replaced once more is known of queries. */
  calibration: Calibration
  /** Rows that were alive when lists were made. */
  readonly aliveRows: number
  /** And when they were calibrated. */
  calibratedRows: number
  /** Rows in lists, dead or alive: rows are added to lists, but none is taken out. */
  readonly listedRows: number
  /** For `searchLists`. */
  readonly search: CodeLists
  /** Bytes of memory held. */
  readonly byteLength: number
  readonly #memory: ReadMemory

  /** @throws `SLUICE_LIMIT_EXCEEDED` when there are too many regions */
  constructor(kernels: KernelProvider, built: BuiltLists) {
    const { lists, calibration, leases, aliveRows } = built
    this.lists = lists
    this.calibration = calibration
    this.aliveRows = aliveRows
    this.calibratedRows = aliveRows
    this.listedRows = Math.max(aliveRows, Math.floor(entriesOf(lists) / lists.listsPerRow))
    const regions = new RegionSlots(kernels)
    this.search = codeListsOf(lists, regions)
    this.#memory = new ReadMemory(() => {
      regions.dropFrom(0)
      for (const lease of leases) lease.release()
    })
    this.byteLength = leases.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** How many lists there are. */
  get listCount(): number {
    return this.search.extents.length / 3
  }

  /**
   * Rows in lists that are still alive, at least: as if none of those behind had died.
   *
   * @param visibleRows - of the collection, …
   * @param aliveRows - … and those of them that are alive
   */
  aliveOf(visibleRows: number, aliveRows: number): number {
    return Math.max(1, aliveRows - (visibleRows - this.lists.rowCount))
  }

  /** Begins a search. Returns the function that ends it, to be called once. */
  enter(): () => void {
    return this.#memory.enter()
  }

  /** Says that no further search will begin with these lists. */
  retire(): void {
    this.#memory.retire()
  }
}

/**
 * Lists as `searchLists` wants them.
 *
 * @param regions - takes in the chunks, by their numbers
 * @throws `SLUICE_LIMIT_EXCEEDED` when there are too many regions
 * @internal
 */
export function codeListsOf(lists: SearchedLists, regions: RegionSlots): CodeLists {
  const { centroids, centroidBlocks, extents, chunks } = lists
  const handles = chunks.map((chunk, index) => regions.handleOf(index, chunk))
  const own = extents.map((value, i) => (i % 3 === 0 ? (handles[value] ?? 0) : value))
  return { centroids, blocks: centroidBlocks, extents: own }
}
