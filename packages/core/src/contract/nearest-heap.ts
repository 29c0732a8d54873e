/** Where kernels gather the nearest rows. Types only. */

/**
 * The k nearest rows so far: a binary max-heap over (distance, row), so that ties go to the lower
 * row. Element 0 is the worst once `count === k`.
 *
 * @public
 */
export interface NearestHeap {
  /** Entries to keep. */
  readonly k: number
  /** Rows with a larger ordering distance never enter. */
  readonly distanceMax: number
  /** Ordering distances, `k` long. */
  readonly distances: Float64Array
  /** Row numbers, `k` long. */
  readonly rows: Uint32Array
  /** Entries in use. */
  count: number
}
