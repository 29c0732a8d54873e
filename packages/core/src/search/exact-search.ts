/** Exact search: every visible, alive row is compared, in steps short enough for the event loop. */

import type { KernelProvider, NearestHeap } from '../contract/index.js'
import { createNearestHeap, drainSorted, type NearestRows } from '../kernels/nearest-heap.js'
import { TimeSlice } from '../time-slice.js'
import type { SearchView } from './search-view.js'

/**
 * Row bytes of the first kernel call of a time slice. Each further one takes twice as many, because
 * a call costs as much as 15 to 20 KiB of rows; at most so many that the slice does not get much
 * longer.
 */
const STEP_BYTES_MIN = 512 * 1024
const STEP_BYTES_MAX = 4 * 1024 * 1024

/**
 * A query, checked and in the dtype of the collection.
 *
 * @internal
 */
export interface SearchQuery {
  /** One packed row. */
  readonly vector: Uint8Array
  readonly k: number
  /** Rows with a larger ordering distance are no hits. */
  readonly distanceMax: number
  /** Called between steps; throws to give up. */
  readonly checkpoint: () => void
}

/**
 * The k nearest rows, nearest first, ties by row.
 *
 * @throws whatever `checkpoint` throws
 * @internal
 */
export async function exactSearch(
  kernels: KernelProvider,
  view: SearchView,
  query: SearchQuery,
): Promise<NearestRows> {
  const { rowsPerSegment } = view.store
  const heap = createNearestHeap(Math.min(query.k, view.visibleRows || 1), query.distanceMax)
  const segmentCount = Math.ceil(view.visibleRows / rowsPerSegment)
  const slice = new TimeSlice()
  for (let index = 0; index < segmentCount; index++) {
    const mask = view.aliveWords(index)
    // A segment whose rows are all dead may have been freed.
    if (mask.every((word) => word === 0)) continue
    await scanSegment({ kernels, view, query, heap, slice, index, mask })
  }
  return drainSorted(heap)
}

/** One segment under scan. */
interface SegmentScan {
  readonly kernels: KernelProvider
  readonly view: SearchView
  readonly query: SearchQuery
  readonly heap: NearestHeap
  readonly slice: TimeSlice
  readonly index: number
  readonly mask: Uint32Array
}

async function scanSegment(scan: SegmentScan): Promise<void> {
  const { view, query, heap, slice, mask } = scan
  const { rowBase, bytes } = view.store.segment(scan.index)
  const rowCount = Math.min(view.store.rowsPerSegment, view.visibleRows - rowBase)
  let stepBytes = STEP_BYTES_MIN
  const task = {
    metric: view.metric,
    dtype: view.dtype,
    dimension: view.dimension,
    query: query.vector,
    rows: bytes,
  }
  for (let from = 0, to = 0; from < rowCount; from = to) {
    to = Math.min(rowCount, from + Math.max(1, Math.floor(stepBytes / view.store.stride)))
    scan.kernels.nearest(task, { from, to, rowBase, mask }, heap)
    stepBytes = Math.min(2 * stepBytes, STEP_BYTES_MAX)
    if (slice.isOver()) {
      await slice.next()
      query.checkpoint()
      stepBytes = STEP_BYTES_MIN
    }
  }
}
