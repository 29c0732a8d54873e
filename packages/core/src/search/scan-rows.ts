/** The exact scan of rows, in steps short enough for the event loop. */

import type { KernelProvider, NearestHeap } from '../contract/index.js'
import { TimeSlice } from '../time-slice.js'
import type { SearchQuery } from './search-query.js'
import type { SearchSteps } from './search-steps.js'
import type { SearchView } from './search-view.js'

/**
 * Row bytes of a kernel call, which costs as much as 15 to 20 KiB of rows whatever it reads: twice
 * as many each time until the slice is over, and then half. So a slice lasts at most about twice as
 * long as it should, whatever kernels run.
 */
const STEP_BYTES_MIN = 512 * 1024
const STEP_BYTES_MAX = 16 * 1024 * 1024

/**
 * How long kernel calls are.
 *
 * @internal
 */
export class Pace {
  readonly slice: TimeSlice = new TimeSlice()
  stepBytes: number = STEP_BYTES_MIN
}

/**
 * A search under way.
 *
 * @internal
 */
export interface SearchRun {
  readonly kernels: KernelProvider
  readonly view: SearchView
  readonly query: SearchQuery
  readonly heap: NearestHeap
  readonly pace: Pace
}

/**
 * A segment under scan.
 *
 * @internal
 */
export interface SegmentScan {
  readonly index: number
  /** Its alive bits. */
  readonly mask: Uint32Array
  /** Rows that the search may see. */
  readonly rowCount: number
}

/**
 * Lets the alive rows of a segment from `first` on compete.
 *
 * @internal
 */
export function* scanRows(run: SearchRun, segment: SegmentScan, first: number): SearchSteps {
  const { view, query, heap, pace } = run
  const { mask, rowCount } = segment
  if (first >= rowCount) return
  const { rowBase, bytes } = view.store.segment(segment.index)
  // A run is read faster than what a mask lets through.
  const range = areAllSet(mask, rowCount) ? { rowBase } : { rowBase, mask }
  const task = {
    metric: view.metric,
    dtype: view.dtype,
    dimension: view.dimension,
    query: query.vector,
    rows: bytes,
  }
  for (let from = first, to = 0; from < rowCount; from = to) {
    to = Math.min(rowCount, from + Math.max(1, Math.floor(pace.stepBytes / view.store.stride)))
    run.kernels.nearest(task, { ...range, from, to }, heap)
    if (pace.slice.isOver()) {
      yield
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
