/** Spaces, blocks and comparisons for the part of the kernel suite that is about codes. */

import assert from 'node:assert/strict'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf, codeElementsOf } from '../code-layout.js'
import type { CodeKernels, CodeSpace } from '../contract/code-kernels.js'
import { asVectorData, type Dtype, layoutOf, strideOf } from '../dtype.js'
import { type COMBINATIONS, seededBytes, seededRows } from './kernel-provider-data.js'

/** Rows that the mean of a seeded space is taken of. */
const MEAN_ROWS = 3

/**
 * Around runs of the rotation and whole vectors, and what people use.
 *
 * @internal
 */
export const CODE_DIMENSIONS: readonly number[] = [
  1, 7, 33, 63, 64, 65, 100, 383, 384, 385, 768, 1536, 4096,
]

/**
 * A space with random signs, and the mean of a few seeded rows.
 *
 * @param codes - what takes the mean
 * @param rows - which rows; seeded ones when left out
 * @internal
 */
export function seededSpace(
  codes: CodeKernels,
  [dtype, metric]: (typeof COMBINATIONS)[number],
  dimension: number,
  seed: number,
): CodeSpace {
  const bytes = seededBytes(2 * codeDimensionOf(dtype, dimension), seed)
  const signs = Float32Array.from(bytes, (byte) => (byte & 1 ? -1 : 1))
  const mean = new Float32Array(codeElementsOf(dtype, dimension))
  const space: CodeSpace = { metric, dtype, dimension, mean, signs }
  return centredOn(codes, space, seededRows(dtype, dimension, MEAN_ROWS, seed ^ 0x1234567))
}

/**
 * The same space with the mean of the given rows.
 *
 * @internal
 */
export function centredOn(codes: CodeKernels, space: CodeSpace, rows: Uint8Array): CodeSpace {
  const sums = new Float64Array(space.mean.length)
  const lists = new Uint32Array(rowCountOf(space, rows))
  codes.accumulateMeans({ space, rows, lists, sums, counts: new Uint32Array(1) })
  return { ...space, mean: Float32Array.from(sums, (sum) => sum / lists.length) }
}

/**
 * Rows of any magnitude: each float has a random sign and fraction, and the exponents of a row lie
 * within a few powers of two of one that is drawn for the row. For other dtypes as seeded rows.
 *
 * @internal
 */
export function scaledRows(space: CodeSpace, rows: number, seed: number): Uint8Array {
  const { dtype, dimension } = space
  const bytes = seededRows(dtype, dimension, rows, seed)
  if (!layoutOf(dtype).float) return bytes
  const scales = seededBytes(rows, ~seed)
  const data = asVectorData(dtype, bytes) as Float64Array | Float32Array | Uint16Array
  const elements = data.length / rows
  for (let i = 0; i < data.length; i++) {
    const draw = scales[Math.floor(i / elements)]!
    if (data instanceof Float64Array) data[i] = data[i]! * 2 ** ((draw - 128) * 8)
    else if (data instanceof Float32Array) data[i] = data[i]! * 2 ** (draw - 128)
    else data[i] = halfScaledBy(dtype, data[i]!, draw)
  }
  return bytes
}

/** The exponent field is replaced, but for the lowest two bits. */
function halfScaledBy(dtype: Dtype, bits: number, draw: number): number {
  if (dtype === 'float16') return (bits & 0x8fff) | ((draw % 7) << 12)
  return (bits & 0x81ff) | ((draw % 63) << 9)
}

/**
 * Whole rows in bytes.
 *
 * @internal
 */
export function rowCountOf({ dtype, dimension }: CodeSpace, rows: Uint8Array): number {
  return rows.length / strideOf(dtype, dimension)
}

/**
 * One row of packed rows.
 *
 * @internal
 */
export function rowOf({ dtype, dimension }: CodeSpace, rows: Uint8Array, row: number): Uint8Array {
  const stride = strideOf(dtype, dimension)
  return rows.subarray(row * stride, (row + 1) * stride)
}

/**
 * The blocks of rows, made over memory that is full of something else.
 *
 * @internal
 */
export function encoded(
  codes: CodeKernels,
  space: CodeSpace,
  rows: Uint8Array,
  options: { readonly rowBase?: number; readonly centre?: Float32Array | undefined } = {},
): Uint8Array {
  const { rowBase = 0, centre } = options
  const { byteLength } = blockLayoutOf(codeDimensionOf(space.dtype, space.dimension))
  const blockCount = Math.ceil(rowCountOf(space, rows) / BLOCK_ROWS)
  const blocks = new Uint8Array(blockCount * byteLength).fill(0xaa)
  codes.encode({ space, rows, rowBase, blocks, centre })
  return blocks
}

/**
 * What a space is, for messages.
 *
 * @internal
 */
export function nameOf({ dtype, metric, dimension }: CodeSpace): string {
  return `${dtype} ${metric}, dimension ${dimension}`
}

/**
 * Fails unless blocks are equal, naming the first lane that is not.
 *
 * @internal
 */
export function assertSameBlocks(actual: Uint8Array, right: Uint8Array, space: CodeSpace): void {
  if (Buffer.compare(actual, right) === 0) return
  const codeDimension = codeDimensionOf(space.dtype, space.dimension)
  const layout = blockLayoutOf(codeDimension)
  const first = actual.findIndex((byte, i) => byte !== right[i])
  const at = first % layout.byteLength
  const column = Math.floor((at - layout.factorsAt) / (4 * BLOCK_ROWS))
  const [part, lane] =
    column < 0
      ? [`code byte ${Math.floor(at / BLOCK_ROWS)}`, at % BLOCK_ROWS]
      : [['F', 'A', 'E', 'row number'][column], ((at - layout.factorsAt) >> 2) % BLOCK_ROWS]
  const block = Math.floor(first / layout.byteLength)
  assert.fail(`${nameOf(space)}: block ${block}, lane ${lane}: ${part} differs`)
}

/**
 * Fails unless numbers are the same; NaN is like NaN, and 0 is not -0.
 *
 * @internal
 */
export function assertSameNumbers(
  actual: ArrayLike<number>,
  right: ArrayLike<number>,
  what: string,
): void {
  assert.equal(actual.length, right.length, `${what}: how many`)
  for (let i = 0; i < right.length; i++) {
    if (Object.is(actual[i], right[i])) continue
    assert.fail(`${what}: number ${i} is ${actual[i]}, not ${right[i]}`)
  }
}
