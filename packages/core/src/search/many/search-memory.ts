/**
 * A view of rows as plain data, which goes to other threads in a message, and back to a view there.
 * Rows, codes and lists stay where they are.
 */

import type { KernelProvider } from '../../contract/index.js'
import type { Dtype } from '../../dtype.js'
import type { HeldCodeView, IndexMemory, IndexPlan, ListView } from '../../index/code-view.js'
import { codeListsOf } from '../../index/list-set.js'
import { RegionSlots } from '../../index/region-slots.js'
import type { SearchedLists } from '../../index/row-lists.js'
import type { Metric } from '../../metric.js'
import type { RowMask } from '../../row-mask.js'
import { segmentsOf } from '../exact-search.js'
import type { CodeSearchView, SearchView } from '../search-view.js'

const NO_WORDS = new Uint32Array(0)

/**
 * What searches on another thread see.
 *
 * @internal
 */
export interface SearchMemory {
  readonly metric: Metric
  readonly dtype: Dtype
  readonly dimension: number
  readonly stride: number
  readonly rowsPerSegment: number
  readonly visibleRows: number
  /** The packed rows of each segment; undefined where none is alive. */
  readonly segments: readonly (Uint8Array | undefined)[]
  /** As of {@link SearchView.aliveMask}. */
  readonly alive: RowMask
  readonly index: IndexMemory | undefined
  /** How to search the index, all queries being of one kind; undefined where they do not. */
  readonly plan: IndexPlan | undefined
}

/**
 * Where a view lies, for queries of one kind.
 *
 * @internal
 */
export function memoryOf(
  view: SearchView,
  codes: HeldCodeView | undefined,
  query: { readonly recall: number | undefined; readonly k: number },
): SearchMemory {
  const { metric, dtype, dimension, visibleRows, store } = view
  const { stride, rowsPerSegment } = store
  // As many as there are rows for, though those of the last ones may all be dead.
  const length = Math.ceil(visibleRows / rowsPerSegment)
  const segments = new Array<Uint8Array | undefined>(length).fill(undefined)
  for (const { index } of segmentsOf(view)) segments[index] = store.segment(index).bytes
  const { recall, k } = query
  return {
    metric,
    dtype,
    dimension,
    stride,
    rowsPerSegment,
    visibleRows,
    segments,
    alive: shared(view.aliveMask()),
    index: codes?.memory(),
    plan: recall === undefined ? undefined : codes?.plan(recall, k),
  }
}

/**
 * Whether threads can see all of it.
 *
 * @internal
 */
export function isShared({ segments, index }: SearchMemory): boolean {
  const { lists, tail = [] } = index ?? {}
  const views = [
    ...segments,
    ...tail.map((codes) => codes?.bytes),
    ...(lists?.chunks ?? []),
    lists?.centroids,
    lists?.centroidBlocks,
  ]
  return views.every((view) => !view || view.buffer instanceof SharedArrayBuffer)
}

/**
 * A view on the thread that it is made on.
 *
 * @internal
 */
export class MemoryView {
  readonly view: SearchView
  readonly #regions: RegionSlots[] = []

  /** @throws `SLUICE_LIMIT_EXCEEDED` when there are too many regions */
  constructor(kernels: KernelProvider, memory: SearchMemory) {
    const { metric, dtype, dimension, visibleRows, alive, index, plan } = memory
    this.view = {
      metric,
      dtype,
      dimension,
      visibleRows,
      firstRow: alive.firstRow,
      store: storeOf(memory),
      aliveWords: wordsOf(memory),
      aliveMask: () => alive,
      codes: index && plan && this.#codesOf(kernels, memory, { ...index, plan }),
    }
  }

  /** Lets go of the memory; to be called once. */
  release(): void {
    for (const slots of this.#regions) slots.dropFrom(0)
  }

  #codesOf(
    kernels: KernelProvider,
    { segments }: SearchMemory,
    { lists, listedRows, tail, plan }: IndexMemory & { readonly plan: IndexPlan },
  ): CodeSearchView['codes'] {
    const rows = this.#slots(kernels)
    const handles = Uint32Array.from(segments, (bytes, i) => (bytes ? rows.handleOf(i, bytes) : 0))
    const blocks = this.#slots(kernels)
    const codes = tail.map((there, i) => {
      if (there === undefined) return undefined
      const { space, bytes, from, to } = there
      return { space, handle: blocks.handleOf(i, bytes), from, to }
    })
    return {
      lists: lists && listViewOf(lists, this.#slots(kernels)),
      listedRows,
      plan: () => plan,
      segmentHandles: () => handles,
      codesOf: (segment) => codes[segment],
    }
  }

  #slots(kernels: KernelProvider): RegionSlots {
    const slots = new RegionSlots(kernels)
    this.#regions.push(slots)
    return slots
  }
}

function listViewOf(lists: SearchedLists, regions: RegionSlots): ListView {
  const own = codeListsOf(lists, regions)
  return { space: lists.space, lists: own, listCount: own.extents.length / 3 }
}

function storeOf({ stride, rowsPerSegment, segments }: SearchMemory): SearchView['store'] {
  return {
    stride,
    rowsPerSegment,
    segment: (index) => ({
      rowBase: index * rowsPerSegment,
      rowCapacity: rowsPerSegment,
      bytes: segments[index] ?? new Uint8Array(0),
    }),
  }
}

function wordsOf({ alive, rowsPerSegment, visibleRows }: SearchMemory): SearchView['aliveWords'] {
  const words = rowsPerSegment / 32
  const first = alive.firstRow / rowsPerSegment
  const { mask } = alive
  const all = new Uint32Array(Math.min(words, Math.ceil(visibleRows / 32))).fill(0xffffffff)
  return (segment) => {
    if (segment < first) return NO_WORDS
    return mask?.subarray((segment - first) * words, (segment - first + 1) * words) ?? all
  }
}

/** A copy that threads need not copy again. */
function shared({ firstRow, mask }: RowMask): RowMask {
  if (mask === undefined) return { firstRow, mask }
  const copy = new Uint32Array(new SharedArrayBuffer(mask.byteLength))
  copy.set(mask)
  return { firstRow, mask: copy }
}
