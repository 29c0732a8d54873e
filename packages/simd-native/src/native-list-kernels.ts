/**
 * The native kernel over a whole index. It unpacks a search into flat arguments and packs up what
 * came of it; everything is checked on the native side, but for an unknown dtype or metric, which
 * the fallback provider refuses.
 */

import type { CodeKernels, ListKernels, ListSearch, NearestHeap, SearchOutcome } from '@sluice/core'
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
  readonly #outcome = new Float64Array(4)

  /**
   * @param functions - of one instruction set
   * @param fallback - refuses what no flat arguments can be made of
   */
  constructor(functions: NativeFunctions, fallback: CodeKernels & ListKernels) {
    super(functions, fallback)
    this.#functions = functions
    this.#fallback = fallback
  }

  searchLists(search: ListSearch, heap: NearestHeap): SearchOutcome {
    const space = spaceArguments(search.space)
    if (space === undefined) return this.#fallback.searchLists(search, heap)
    const { query, rows, lists = NO_LISTS, tail, looseFrom, probes } = search
    heap.count = this.#functions.searchLists(
      ...space,
      query,
      rows.segments,
      rows.rowsPerSegment,
      rows.firstRow,
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
      this.#outcome,
    )
    const outcome = this.#outcome
    return {
      lists: outcome[0]!,
      scanned: outcome[1]!,
      compared: outcome[2]!,
      keysAreDistances: outcome[3] === 1,
    }
  }
}
