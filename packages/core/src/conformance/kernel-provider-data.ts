/** Rows of every dtype for the kernel suite, from a seed, and what a distance may be off by. */

import type fc from 'fast-check'
import type { CodeKernels } from '../contract/code-kernels.js'
import type { KernelProvider, NearestHeap, ScanTask } from '../contract/kernel-provider.js'
import { asVectorData, DTYPES, type Dtype, elementsPerRow, layoutOf, strideOf } from '../dtype.js'
import { METRICS, type Metric, metricFits } from '../metric.js'

/**
 * The ordering distance of one row, by other means than the provider's.
 *
 * @public
 */
export type DistanceOracle = (task: ScanTask, row: number) => number

/**
 * The distances of other kernels as the right answers: `distanceOracle(scalarKernels)`.
 *
 * @public
 */
export function distanceOracle(kernels: KernelProvider): DistanceOracle {
  const out = new Float64Array(1)
  return (task, row) => {
    kernels.distancesRange(task, row, out)
    return out[0]!
  }
}

/**
 * What a test of the kernel suite works on.
 *
 * @internal
 */
export interface KernelSubject {
  /** Registers one test. */
  readonly it: (name: string, body: () => void | Promise<void>) => void
  readonly fc: typeof fc
  readonly provider: KernelProvider
  readonly oracle: DistanceOracle
  readonly codes: CodeKernels
  /** Relative error of one addition of floats. */
  readonly epsilon: number
}

/** Every dtype with every metric it goes with. @internal */
export const COMBINATIONS: ReadonlyArray<readonly [Dtype, Metric]> = DTYPES.flatMap((dtype) =>
  METRICS.filter((metric) => metricFits(metric, dtype)).map((metric) => [dtype, metric] as const),
)

/** The dtypes whose elements can be NaN or infinite. @internal */
export const FLOAT_DTYPES: readonly Dtype[] = DTYPES.filter((dtype) => layoutOf(dtype).float)

/** Dtypes whose dot and l2 must be the exact sum, rounded once. @internal */
export const EXACT_DTYPES: ReadonlySet<Dtype> = new Set<Dtype>([
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'bit',
])

/**
 * Valid packed rows: floats in [-1, 1), integers over their whole range, padding bits zero.
 *
 * @internal
 */
export function seededRows(
  dtype: Dtype,
  dimension: number,
  rows: number,
  seed: number,
): Uint8Array {
  const bytes = seededBytes(rows * strideOf(dtype, dimension), seed)
  if (layoutOf(dtype).float) fillFloats(dtype, bytes, seed)
  if (dtype === 'bit') clearPadding(bytes, dimension)
  return bytes
}

/**
 * Bytes from a seed: Marsaglia's xorshift32 (13, 17, 5).
 *
 * @internal
 */
export function seededBytes(byteLength: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  const next = wordsFrom(seed)
  for (let i = 0; i < byteLength; i++) bytes[i] = next() >>> 11
  return bytes
}

/**
 * Fills every element of rows with one value.
 *
 * @param value - exactly an element of the dtype
 * @internal
 */
export function filledRows(
  dtype: Dtype,
  dimension: number,
  rows: number,
  value: number,
): Uint8Array {
  const bytes = new Uint8Array(rows * strideOf(dtype, dimension))
  const data = asVectorData(dtype, bytes)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(value))
  else data.fill(isHalf(dtype) ? halfBitsOf(dtype, value) : value)
  return bytes
}

/**
 * The same bytes at another offset of a larger buffer.
 *
 * @internal
 */
export function movedTo(offset: number, bytes: Uint8Array): Uint8Array {
  const moved = new Uint8Array(bytes.length + offset + 3).subarray(offset, offset + bytes.length)
  moved.set(bytes)
  return moved
}

/**
 * A scan over seeded rows.
 *
 * @internal
 */
export function seededTask(
  [dtype, metric]: readonly [Dtype, Metric],
  dimension: number,
  rowCount: number,
  seed: number,
): ScanTask {
  const query = seededRows(dtype, dimension, 1, seed ^ 0x5bd1e995)
  return { metric, dtype, dimension, query, rows: seededRows(dtype, dimension, rowCount, seed) }
}

/**
 * An empty heap.
 *
 * @internal
 */
export function emptyHeap(k: number, distanceMax: number = Number.POSITIVE_INFINITY): NearestHeap {
  return { k, distanceMax, distances: new Float64Array(k), rows: new Uint32Array(k), count: 0 }
}

/**
 * How far a distance may lie from the exact one: nothing for the exact dtypes, else the rounding of
 * one addition an element, relative to the sum of the magnitudes of what is added.
 *
 * @internal
 */
export function toleranceOf(task: ScanTask, row: number, epsilon: number): number {
  const { metric, dtype, dimension } = task
  const additions = elementsPerRow(dtype, dimension) + 8
  // 1 - cos ends in a few roundings of float64, however exact the sums were.
  if (metric === 'cosine') return additions * (EXACT_DTYPES.has(dtype) ? 2 ** -53 : epsilon)
  if (EXACT_DTYPES.has(dtype)) return 0
  const stride = strideOf(dtype, dimension)
  const query = numbersOf(dtype, task.query)
  const elements = numbersOf(dtype, task.rows.slice(row * stride, (row + 1) * stride))
  let scale = 0
  for (let i = 0; i < query.length; i++) {
    const q = Math.abs(query[i]!)
    const x = Math.abs(elements[i]!)
    scale += metric === 'dot' ? q * x : (q + x) ** 2
  }
  return additions * epsilon * scale
}

function numbersOf(dtype: Dtype, bytes: Uint8Array): number[] {
  const data = asVectorData(dtype, bytes)
  if (dtype !== 'float16' && dtype !== 'bfloat16')
    return Array.from(data as ArrayLike<unknown> as ArrayLike<bigint>, Number)
  // Magnitudes only, and never too small: a bound needs no more.
  const exponentBits = dtype === 'float16' ? 5 : 8
  const bias = 2 ** (exponentBits - 1) - 1
  return Array.from(data as Uint16Array, (bits) => {
    const exponent = (bits & 0x7fff) >> (15 - exponentBits)
    return 2 ** (exponent + 1 - bias)
  })
}

function fillFloats(dtype: Dtype, bytes: Uint8Array, seed: number): void {
  const next = wordsFrom(~seed)
  const data = asVectorData(dtype, bytes) as Float32Array | Float64Array | Uint16Array
  for (let i = 0; i < data.length; i++) {
    // Halves keep random bits, with exponents brought below 2^1: from 2^-7 on for bfloat16.
    if (dtype === 'float16') data[i] = next() & 0xbfff
    else if (dtype === 'bfloat16') data[i] = (next() & 0x83ff) | 0x3c00
    else data[i] = next() / 2 ** 31 - 1
  }
}

function isHalf(dtype: Dtype): boolean {
  return dtype === 'float16' || dtype === 'bfloat16'
}

/** The bits of a value that the 16-bit format holds exactly. */
function halfBitsOf(dtype: Dtype, value: number): number {
  const fractionBits = dtype === 'float16' ? 10 : 7
  const bias = dtype === 'float16' ? 15 : 127
  const sign = value < 0 ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude < 2 ** (1 - bias)) return sign | (magnitude * 2 ** (bias - 1 + fractionBits))
  const exponent = Math.floor(Math.log2(magnitude))
  const fraction = (magnitude / 2 ** exponent - 1) * 2 ** fractionBits
  return sign | ((exponent + bias) << fractionBits) | fraction
}

function clearPadding(bytes: Uint8Array, dimension: number): void {
  const stride = strideOf('bit', dimension)
  const kept = 0xff << (stride * 8 - dimension)
  for (let at = stride - 1; at < bytes.length; at += stride) bytes[at] = bytes[at]! & kept
}

function wordsFrom(seed: number): () => number {
  let state = Math.imul(seed | 0, 0x9e3779b1) ^ 0x2545f491 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
