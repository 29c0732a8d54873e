/**
 * The native kernel over a whole index. It unpacks a search into flat arguments and packs up its
 * cost; everything is checked on the native side, but for an unknown dtype or metric, which the
 * fallback provider refuses.
 */

import type { CodeKernels, ListKernels, ListSearch, NearestHeap, SearchCost } from '@sluice/core'
import type { NativeFunctions } from './addon.js'
import { NativeCodeKernels, spaceArguments } from './native-code-kernels.js'

/** No lists, as flat arguments. */
const NO_LISTS = {
  centroids: new Float32Array(),
  blocks: new Uint8Array(),
  extents: new Uint32Array(),
}

/**
 * The kernels over codes and over an index of one instruction set.
 *
 * @internal
 */
export class NativeListKernels extends NativeCodeKernels implements ListKernels {
  readonly #functions: NativeFunctions
  readonly #fallback: ListKernels
  /** Written by a call, and read before the next one. */
  readonly #cost = new Float64Array(3)

  /**
   * @param functions - of one instruction set
   * @param fallback - refuses what no flat arguments can be made of
   */
  constructor(functions: NativeFunctions, fallback: CodeKernels & ListKernels) {
    super(functions, fallback)
    this.#functions = functions
    this.#fallback = fallback
  }

  searchLists(search: ListSearch, heap: NearestHeap): SearchCost {
    const space = spaceArguments(search.space)
    if (space === undefined) return this.#fallback.searchLists(search, heap)
    const { query, rows, lists = NO_LISTS, tail, looseFrom, probes } = search
    heap.count = this.#functions.searchLists(
      ...space,
      query,
      rows.segments,
      rows.rowsPerSegment,
      rows.rowCount,
      rows.mask,
      lists.centroids,
      lists.blocks,
      lists.extents,
      tail,
      looseFrom,
      probes,
      search.reach,
      search.eps,
      search.tailEps,
      heap.k,
      heap.distanceMax,
      heap.distances,
      heap.rows,
      heap.count,
      this.#cost,
    )
    const [listCount, scanned, compared] = this.#cost as unknown as [number, number, number]
    return { lists: listCount, scanned, compared }
  }
}
