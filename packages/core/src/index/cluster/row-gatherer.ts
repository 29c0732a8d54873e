/** Hands rows to kernels, which want them in one piece: as they lie, or copied together. */

import type { KernelProvider } from '../../contract/index.js'
import { RegionSlots } from '../region-slots.js'
import type { SegmentedRows } from '../row-lists.js'

/** Rows of one call of a kernel. @internal */
export const BATCH_ROWS = 128

/**
 * The rows of a batch, `from` to `to - 1` of so many.
 *
 * @internal
 */
export function rangeOfBatch(rowCount: number, batch: number): { from: number; to: number } {
  const from = batch * BATCH_ROWS
  return { from, to: Math.min(from + BATCH_ROWS, rowCount) }
}

/**
 * Packed rows by their numbers. Once rows are copied, memory of segments is registered with the
 * kernels until `release`.
 *
 * @internal
 */
export class RowGatherer {
  readonly #kernels: KernelProvider
  readonly #rows: SegmentedRows
  readonly #stride: number
  readonly #scratch: Uint8Array
  readonly #regions: RegionSlots
  /** The regions of segments, 0 where they were freed, once registered. */
  readonly #handles: Uint32Array
  #isRegistered = false

  /** @param stride - bytes of a row */
  constructor(kernels: KernelProvider, rows: SegmentedRows, stride: number) {
    this.#kernels = kernels
    this.#rows = rows
    this.#stride = stride
    this.#scratch = new Uint8Array(BATCH_ROWS * stride)
    this.#regions = new RegionSlots(kernels)
    this.#handles = new Uint32Array(rows.segments.length)
  }

  /**
   * The bytes of rows, valid until the next call.
   *
   * @param numbers - at most {@link BATCH_ROWS}, ascending, none of a freed segment
   * @throws `SLUICE_LIMIT_EXCEEDED` when kernels take no more regions
   */
  gather(numbers: Uint32Array): Uint8Array {
    const stride = this.#stride
    const { rowsPerSegment, segments } = this.#rows
    const count = numbers.length
    const first = numbers[0] ?? 0
    const last = numbers[count - 1] ?? 0
    const segment = Math.floor(first / rowsPerSegment)
    if (last - first === count - 1 && Math.floor(last / rowsPerSegment) === segment) {
      const at = (first % rowsPerSegment) * stride
      return segments[segment]!.subarray(at, at + count * stride)
    }
    this.#register()
    const target = this.#scratch.subarray(0, count * stride)
    const handles = this.#handles
    this.#kernels.gatherRows({ segments: handles, rowsPerSegment, rows: numbers, stride, target })
    return target
  }

  /** Forgets the memory of segments; rows can be gathered again. */
  release(): void {
    this.#regions.dropFrom(0)
    this.#isRegistered = false
  }

  /** Registers all segments there are. */
  #register(): void {
    if (this.#isRegistered) return
    for (const [i, bytes] of this.#rows.segments.entries()) {
      this.#handles[i] = bytes === undefined ? 0 : this.#regions.handleOf(i, bytes)
    }
    this.#isRegistered = true
  }
}
