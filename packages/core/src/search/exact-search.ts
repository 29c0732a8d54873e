/** Exact search: every visible, alive row is compared, in steps short enough for the event loop. */

import type { KernelProvider, NearestHeap } from '../contract/index.js'
import { createNearestHeap, drainSorted, type NearestRows } from '../kernels/nearest-heap.js'
import { TimeSlice } from '../time-slice.js'
import type { SearchView } from './search-view.js'

/**
 * Row bytes of a kernel call, which costs as much as 15 to 20 KiB of rows whatever it reads: twice
 * as many each time until the slice is over, and then half. So a slice lasts at most about twice as
 * long as it should, whatever kernels run.
 */
const STEP_BYTES_MIN = 512 * 1024
const STEP_BYTES_MAX = 16 * 1024 * 1024

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
  const pace = { slice: new TimeSlice(), stepBytes: STEP_BYTES_MIN }
  for (let index = 0; index < segmentCount; index++) {
    const mask = view.aliveWords(index)
    // A segment whose rows are all dead may have been freed.
    if (mask.every((word) => word === 0)) continue
    await scanSegment({ kernels, view, query, heap, pace, index, mask })
  }
  return drainSorted(heap)
}

/** How long kernel calls are. */
interface Pace {
  readonly slice: TimeSlice
  stepBytes: number
}

/** One segment under scan. */
interface SegmentScan {
  readonly kernels: KernelProvider
  readonly view: SearchView
  readonly query: SearchQuery
  readonly heap: NearestHeap
  readonly pace: Pace
  readonly index: number
  readonly mask: Uint32Array
}

async function scanSegment(scan: SegmentScan): Promise<void> {
  const { view, query, heap, pace, mask } = scan
  const { rowBase, bytes } = view.store.segment(scan.index)
  const rowCount = Math.min(view.store.rowsPerSegment, view.visibleRows - rowBase)
  // A run is read faster than what a mask lets through.
  const range = areAllSet(mask, rowCount) ? { rowBase } : { rowBase, mask }
  const task = {
    metric: view.metric,
    dtype: view.dtype,
    dimension: view.dimension,
    query: query.vector,
    rows: bytes,
  }
  for (let from = 0, to = 0; from < rowCount; from = to) {
    to = Math.min(rowCount, from + Math.max(1, Math.floor(pace.stepBytes / view.store.stride)))
    scan.kernels.nearest(task, { ...range, from, to }, heap)
    if (pace.slice.isOver()) {
      await pace.slice.next()
      query.checkpoint()
      pace.stepBytes = Math.max(pace.stepBytes / 2, STEP_BYTES_MIN)
    } else {
      pace.stepBytes = Math.min(pace.stepBytes * 2, STEP_BYTES_MAX)
    }
  }
}

/** Whether the first `count` bits of a mask are set. */
function areAllSet(mask: Uint32Array, count: number): boolean {
  const whole = count >>> 5
  for (let i = 0; i < whole; i++) if (mask[i] !== 0xffffffff) return false
  const rest = count & 31
  return rest === 0 || ((mask[whole] ?? 0) | (-1 << rest)) === -1
}
