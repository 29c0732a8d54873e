/** Hands rows to kernels, which want them in one piece: as they lie, or copied together. */

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
 * Packed rows by their numbers.
 *
 * @internal
 */
export class RowGatherer {
  readonly #rows: SegmentedRows
  readonly #stride: number
  readonly #scratch: Uint8Array

  /** @param stride - bytes of a row */
  constructor(rows: SegmentedRows, stride: number) {
    this.#rows = rows
    this.#stride = stride
    this.#scratch = new Uint8Array(BATCH_ROWS * stride)
  }

  /**
   * The bytes of rows, valid until the next call.
   *
   * @param numbers - at most {@link BATCH_ROWS}, ascending, none of a freed segment
   */
  gather(numbers: Uint32Array): Uint8Array {
    const stride = this.#stride
    const { rowsPerSegment } = this.#rows
    const count = numbers.length
    const first = numbers[0] ?? 0
    const last = numbers[count - 1] ?? 0
    const segment = Math.floor(first / rowsPerSegment)
    if (last - first === count - 1 && Math.floor(last / rowsPerSegment) === segment) {
      const at = (first % rowsPerSegment) * stride
      return this.#segment(segment).subarray(at, at + count * stride)
    }
    for (let i = 0; i < count; i++) this.#scratch.set(this.#row(numbers[i]!), i * stride)
    return this.#scratch.subarray(0, count * stride)
  }

  #row(row: number): Uint8Array {
    const { rowsPerSegment } = this.#rows
    const at = (row % rowsPerSegment) * this.#stride
    return this.#segment(Math.floor(row / rowsPerSegment)).subarray(at, at + this.#stride)
  }

  /** Rows of freed segments are never asked for. */
  #segment(segment: number): Uint8Array {
    return this.#rows.segments[segment]!
  }
}
