/**
 * The lists of a collection at one time, with what it takes to search them. Searches that began
 * with a set go on with it: its memory is given back once it was replaced and the last one ended.
 */

import type { CodeLists, KernelProvider, Lease } from '../contract/index.js'
import type { Calibration } from './calibration/calibration.js'
import { RegionSlots } from './region-slots.js'
import type { RowLists } from './row-lists.js'

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
  /** Rows that are in lists. */
  readonly aliveRows: number
  /** For `searchLists`. */
  readonly search: CodeLists
  /** Bytes of memory held. */
  readonly byteLength: number
  readonly #leases: readonly Lease[]
  readonly #regions: RegionSlots
  #readers = 0
  #isRetired = false

  /** @throws `SLUICE_LIMIT_EXCEEDED` when there are too many regions */
  constructor(kernels: KernelProvider, built: BuiltLists) {
    const { lists, calibration, leases, aliveRows } = built
    this.lists = lists
    this.calibration = calibration
    this.aliveRows = aliveRows
    this.#leases = leases
    this.#regions = new RegionSlots(kernels)
    const { centroids, centroidBlocks, extents, chunks } = lists
    const handles = chunks.map((chunk, index) => this.#regions.handleOf(index, chunk))
    const own = extents.map((value, i) => (i % 3 === 0 ? (handles[value] ?? 0) : value))
    this.search = { centroids, blocks: centroidBlocks, extents: own }
    this.byteLength = leases.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /** How many lists there are. */
  get listCount(): number {
    return this.search.extents.length / 3
  }

  /** Begins a search. Returns the function that ends it, to be called once. */
  enter(): () => void {
    this.#readers += 1
    return () => {
      this.#readers -= 1
      this.#releaseUnused()
    }
  }

  /** Says that no further search will begin with these lists. */
  retire(): void {
    this.#isRetired = true
    this.#releaseUnused()
  }

  #releaseUnused(): void {
    if (!this.#isRetired || this.#readers > 0) return
    this.#regions.dropFrom(0)
    for (const lease of this.#leases) lease.release()
  }
}
