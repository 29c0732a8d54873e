/** Rows as centroids: the float32 numbers that the metric compares. */

import type { CodeSpace } from '../../contract/index.js'
import type { ClusterJob } from './cluster-job.js'
import { BATCH_ROWS } from './row-gatherer.js'

/**
 * Turns rows of any element type into numbers.
 *
 * @internal
 */
export class RowWidener {
  readonly #job: ClusterJob
  readonly #space: CodeSpace
  readonly #sums: Float64Array
  readonly #counts = new Uint32Array(BATCH_ROWS)
  /** Each row is the only one of its list, so that its sum is the row. */
  readonly #lists = Uint32Array.from({ length: BATCH_ROWS }, (_, i) => i)

  constructor(job: ClusterJob, space: CodeSpace) {
    this.#job = job
    this.#space = space
    this.#sums = new Float64Array(BATCH_ROWS * job.elements)
  }

  /**
   * The numbers of rows, one row after the other; valid until the next call.
   *
   * @param rows - their numbers, at most {@link BATCH_ROWS}
   */
  widen(rows: Uint32Array): Float64Array {
    const { kernels, gatherer, elements } = this.#job
    const sums = this.#sums.subarray(0, rows.length * elements).fill(0)
    kernels.accumulateMeans({
      space: this.#space,
      rows: gatherer.gather(rows),
      lists: this.#lists.subarray(0, rows.length),
      sums,
      counts: this.#counts.subarray(0, rows.length),
    })
    return sums
  }
}
