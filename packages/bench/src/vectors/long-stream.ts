/**
 * Different rows by the hundred megabytes, quickly. Some are generated; the others are the same
 * bytes, read again from one element later each time, so that each is the end of one generated row
 * and the start of the next. Every value is of its dtype, no row is like another, and none of the
 * others is near a query: the neighbours of queries are among the generated rows.
 */

import { elementsPerRow, strideOf } from '@sluice/core'
import { GroundTruth } from './recall.js'
import { type GivenVectors, Workload, type WorkloadShape } from './workload.js'

/** Enough for each of the clusters to have more rows than a search has hits. */
const GENERATED_ROWS_MIN = 65_536

/**
 * What to make.
 *
 * @internal
 */
export interface LongStreamPlan {
  readonly shape: WorkloadShape
  readonly queryCount: number
  /** True neighbours of a query. */
  readonly k: number
  /** Takes the rows: at least as many bytes as they have. Left out, memory is allocated. */
  readonly memory?: Uint8Array
}

/**
 * Rows and queries, and the truth about them.
 *
 * @internal
 */
export interface LongStream {
  readonly vectors: GivenVectors
  readonly truth: GroundTruth
}

/**
 * Makes rows, queries and the true neighbours. 400 MB and 20 queries take 0.4 to 5 s of a core, the
 * more the more values are generated; 28 s for bits of 128 dimensions.
 *
 * @internal
 */
export function createLongStream(plan: LongStreamPlan): LongStream {
  const { shape, queryCount, k } = plan
  const stride = strideOf(shape.dtype, shape.dimension)
  const readings = readingsOf(shape)
  const rowCount = generatedRowCount(shape.rowCount, readings)
  const generatedShape = { ...shape, rowCount, batchRows: rowCount, metadata: 'none' } as const
  const generated = new Workload(generatedShape, queryCount, Number.POSITIVE_INFINITY)
  const byteLength = shape.rowCount * stride
  const rows = (plan.memory ?? new Uint8Array(byteLength)).subarray(0, byteLength)
  readAgain(generated.ring, rows, stride / readings)
  const { queries } = generated
  return { vectors: { rows, queries }, truth: new GroundTruth(generated, k) }
}

/**
 * How many rows of a stream have to be generated.
 *
 * @param rowCount - of the stream
 * @param readings - how many times the generated ones can be read before they recur
 * @internal
 */
export function generatedRowCount(rowCount: number, readings: number): number {
  return Math.min(rowCount, Math.max(GENERATED_ROWS_MIN, Math.ceil(rowCount / readings)))
}

/**
 * Fills `rows` with `generated`, then again from one element later, and so on; what is passed over
 * at the start follows at the end.
 *
 * @internal
 */
export function readAgain(generated: Uint8Array, rows: Uint8Array, elementBytes: number): void {
  const { byteLength } = generated
  for (let at = 0, shift = 0; at < rows.byteLength; at += byteLength, shift += elementBytes) {
    const length = Math.min(byteLength, rows.byteLength - at)
    const tail = generated.subarray(shift, Math.min(byteLength, shift + length))
    rows.set(tail, at)
    rows.set(generated.subarray(0, length - tail.byteLength), at + tail.byteLength)
  }
}

/** One per element of a row. Bits that do not fill their last byte must stay where they are. */
function readingsOf({ dtype, dimension }: WorkloadShape): number {
  return dtype === 'bit' && dimension % 8 !== 0 ? 1 : elementsPerRow(dtype, dimension)
}
