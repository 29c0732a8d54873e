/** Searches of a calibration, over rows whose memory is registered with kernels. */

import type {
  CodeSpace,
  KernelProvider,
  ListSearch,
  NearestHeap,
  RowTable,
  SearchCost,
} from '../../contract/index.js'
import { RegionSlots } from '../region-slots.js'
import type { SegmentedRows } from '../row-lists.js'

const NO_EXTENTS = new Uint32Array(0)

/**
 * What is searched, and for what.
 *
 * @internal
 */
export interface RowSearch extends Pick<ListSearch, 'query' | 'eps'> {
  readonly lists?: ListSearch['lists']
  /** How many lists to scan. */
  readonly probes: number
  /** How far away they may be: as far as they are when undefined. */
  readonly reach?: number
  /** Extents of codes that are in no list. */
  readonly tail?: Uint32Array
}

/**
 * Searches codes of the same rows.
 *
 * @internal
 */
export class RowSearcher {
  readonly #kernels: KernelProvider
  readonly #space: CodeSpace
  readonly #segments: RegionSlots
  readonly #table: RowTable

  /** @throws `SLUICE_LIMIT_EXCEEDED` when there is no room for regions */
  constructor(kernels: KernelProvider, space: CodeSpace, rows: SegmentedRows) {
    this.#kernels = kernels
    this.#space = space
    this.#segments = new RegionSlots(kernels)
    const { rowsPerSegment, firstRow, rowCount, mask } = rows
    try {
      const segments = Uint32Array.from(rows.segments, (bytes, i) =>
        bytes === undefined ? 0 : this.#segments.handleOf(i, bytes),
      )
      const table = { segments, rowsPerSegment, firstRow, rowCount }
      this.#table = mask === undefined ? table : { ...table, mask }
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** Searches. */
  search({ query, lists, probes, reach, tail, eps }: RowSearch, heap: NearestHeap): SearchCost {
    return this.#kernels.searchLists(
      {
        space: this.#space,
        query,
        rows: this.#table,
        tail: tail ?? NO_EXTENTS,
        looseFrom: this.#table.rowCount,
        probes,
        reach: reach ?? Number.POSITIVE_INFINITY,
        eps,
        tailEps: eps,
        ...(lists === undefined ? {} : { lists }),
      },
      heap,
    )
  }

  /** Forgets the memory. */
  release(): void {
    this.#segments.dropFrom(0)
  }
}
