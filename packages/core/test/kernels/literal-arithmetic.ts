/**
 * The arithmetic of docs/codes.md, read word for word, one rounding at a time: what a row is made
 * of, and the rotation. Slow; shares nothing with the kernels.
 */

import { codeDimensionOf, codeElementsOf } from '../../src/code-layout.js'
import type { CodeSpace } from '../../src/contract/code-kernels.js'
import { type Dtype, strideOf } from '../../src/dtype.js'

/** Rounds to float32. */
export const f32 = Math.fround

/** `u`, `r`, `R` and `a`; vectors are continued with zeros up to `D`. */
export interface LiteralRow {
  readonly u: Float32Array
  readonly r: Float32Array
  readonly squared: number
  readonly inner: number
}

const WIDE: readonly Dtype[] = ['float64', 'complex128', 'int64', 'uint64', 'int32', 'uint32']

/** The sum of float32 numbers in the order that the specification gives. */
export function sum64(values: Float32Array): number {
  const lanes = new Float32Array(64)
  for (let i = 0; i < values.length; i++) lanes[i % 64] = lanes[i % 64]! + values[i]!
  for (let h = 32; h >= 1; h /= 2) {
    for (let j = 0; j < h; j++) lanes[j] = lanes[j]! + lanes[j + h]!
  }
  return lanes[0]!
}

/** `sum64(a b)`. */
export function innerProduct(a: Float32Array, b: Float32Array): number {
  return sum64(a.map((value, i) => value * b[i]!))
}

/** `D` of a space. */
export function dimensionsOf({ dtype, dimension }: CodeSpace): number {
  return codeDimensionOf(dtype, dimension)
}

/** `b`: the largest power of two that divides `D`. */
export function runOf(space: CodeSpace): number {
  let run = 64
  while (dimensionsOf(space) % (2 * run) === 0) run *= 2
  return run
}

/** The first `n` numbers of a vector, continued with zeros up to `D`. */
export function padded(space: CodeSpace, values: ArrayLike<number>): Float32Array {
  const vector = new Float32Array(dimensionsOf(space))
  vector.set(values)
  return vector
}

/** Steps 1 and 2 of one packed row. */
export function literalRow(space: CodeSpace, bytes: Uint8Array): LiteralRow {
  const { metric, dtype } = space
  const x = numbersOf(space, bytes)
  const c = padded(space, space.mean)
  const wide = WIDE.includes(dtype)
  const u = padded(space, metric === 'cosine' ? atLengthOne(x, wide) : x)
  const centred = metric !== 'cosine' && wide ? x.map((value, i) => value - c[i]!) : undefined
  const r = centred === undefined ? u.map((value, i) => value - c[i]!) : padded(space, centred)
  return { u, r, squared: innerProduct(r, r), inner: innerProduct(u, c) }
}

/** The rotation of `r`, but for the factor `b`. */
export function rotated(space: CodeSpace, r: Float32Array): Float32Array {
  const y = r.slice()
  const [size, b] = [y.length, runOf(space)]
  const m = size / b
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < size; i++) y[i] = y[i]! * space.signs[round * size + i]!
    for (let distance = 1; distance < b; distance *= 2) butterflies(y, distance)
    if (m > 1) reflect(y, b, m)
  }
  return y
}

function butterflies(y: Float32Array, distance: number): void {
  for (let i = 0; i < y.length; i++) {
    if (i % (2 * distance) >= distance) continue
    const [p, q] = [y[i]!, y[i + distance]!]
    y[i] = p + q
    y[i + distance] = p - q
  }
}

function reflect(y: Float32Array, b: number, m: number): void {
  for (let i = 0; i < b; i++) {
    let sum = y[i]!
    for (let k = 1; k < m; k++) sum = f32(sum + y[k * b + i]!)
    const t = f32(sum * f32(2 / m))
    for (let k = 0; k < m; k++) y[k * b + i] = y[k * b + i]! - t
  }
}

/** The row at length 1: of the narrow ones those whose squares add up as they are. */
function atLengthOne(x: Float64Array, wide: boolean): Float32Array {
  const narrow = Float32Array.from(x)
  const squared = innerProduct(narrow, narrow)
  if (!wide && squared >= 2 ** -60 && squared <= 2 ** 100) return timesRoot(narrow, squared)
  const largest = x.reduce((m, value) => Math.max(m, Math.abs(value)), 0)
  if (largest === 0) return narrow.fill(0)
  if (!Number.isFinite(largest)) return narrow.fill(Number.NaN)
  const e = exponentOf(largest)
  const half = Math.floor(e / 2)
  const z = Float32Array.from(x, (value) => value * 2 ** -half * 2 ** -(e - half))
  return timesRoot(z, innerProduct(z, z))
}

function timesRoot(z: Float32Array, squared: number): Float32Array {
  const s = f32(1 / f32(Math.sqrt(squared)))
  return z.map((value) => value * s)
}

/** The `e` with `2^e <= value < 2^(e+1)`. */
function exponentOf(value: number): number {
  let e = Math.max(-1074, Math.min(1023, Math.floor(Math.log2(value))))
  while (e < 1023 && 2 ** (e + 1) <= value) e++
  while (2 ** e > value) e--
  return e
}

/** The numbers of a row, as float64. */
function numbersOf({ dtype, dimension }: CodeSpace, bytes: Uint8Array): Float64Array {
  const count = codeElementsOf(dtype, dimension)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float64Array.from({ length: count }, (_, i) => READERS[dtype](view, i))
}

const READERS: Readonly<Record<Dtype, (view: DataView, i: number) => number>> = {
  float64: (view, i) => view.getFloat64(8 * i, true),
  complex128: (view, i) => view.getFloat64(8 * i, true),
  float32: (view, i) => view.getFloat32(4 * i, true),
  complex64: (view, i) => view.getFloat32(4 * i, true),
  float16: (view, i) => halfOf(view.getUint16(2 * i, true), 10),
  bfloat16: (view, i) => halfOf(view.getUint16(2 * i, true), 7),
  int64: (view, i) => Number(view.getBigInt64(8 * i, true)),
  uint64: (view, i) => Number(view.getBigUint64(8 * i, true)),
  int32: (view, i) => view.getInt32(4 * i, true),
  uint32: (view, i) => view.getUint32(4 * i, true),
  int16: (view, i) => view.getInt16(2 * i, true),
  uint16: (view, i) => view.getUint16(2 * i, true),
  int8: (view, i) => view.getInt8(i),
  uint8: (view, i) => view.getUint8(i),
  bit: (view, i) => (view.getUint8(i >> 3) >> (7 - (i % 8))) & 1,
}

/** The value of a float of 16 bits. */
function halfOf(bits: number, fractionBits: number): number {
  const bias = 2 ** (14 - fractionBits) - 1
  const sign = bits & 0x8000 ? -1 : 1
  const field = (bits & 0x7fff) >> fractionBits
  const fraction = bits % 2 ** fractionBits
  if (field === 2 * bias + 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  const hidden = field === 0 ? 0 : 2 ** fractionBits
  return sign * (hidden + fraction) * 2 ** (Math.max(field, 1) - bias - fractionBits)
}

/** One of many packed rows. */
export function rowOf({ dtype, dimension }: CodeSpace, rows: Uint8Array, row: number): Uint8Array {
  const stride = strideOf(dtype, dimension)
  return rows.subarray(row * stride, (row + 1) * stride)
}

/** Bytes, to be read as numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Where the least loss is; of equal ones, that of the lowest number. */
export function leastOf(numbers: readonly number[], losses: readonly number[]): number {
  const order = numbers.map((_, i) => i)
  order.sort(
    (a, b) => compare(nanLast(losses[a]!), nanLast(losses[b]!)) || numbers[a]! - numbers[b]!,
  )
  return order[0]!
}

/** NaN counts as infinite. */
export function nanLast(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
}

/** Infinities are equal to themselves, which their difference does not say. */
export function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
