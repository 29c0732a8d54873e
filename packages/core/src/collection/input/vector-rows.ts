/**
 * Vectors given as arrays of numbers: every value is read once, checked against the dtype and
 * written as packed rows. The slow way in; the fast one is a typed array.
 */

import { asVectorData, type Dtype, layoutOf, strideOf, type VectorData } from '../../dtype.js'
import { InvalidArgumentError } from '../../errors.js'
import { encodeBfloat16, encodeFloat16 } from '../../kernels/half.js'
import { render } from '../../render.js'
import type { StoredSchema } from '../../schema.js'

/**
 * Where a row came from: in messages, "vectors: row 3".
 *
 * @internal
 */
export interface RowOrigin {
  readonly argument: string
  /** Undefined for a single vector. */
  readonly row: number | undefined
}

type IntegerDtype = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32'

/** Where a row goes, in elements. A caller's array may change its length while it is read. */
interface Span {
  readonly base: number
  readonly count: number
}

const INTEGER_RANGES: Readonly<Record<IntegerDtype, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
}

/**
 * Numbers that an array must have for one row: 2 per dimension for complex dtypes, 1 otherwise.
 *
 * @internal
 */
export function numbersPerRow(schema: StoredSchema): number {
  return schema.dimension * Math.max(1, layoutOf(schema.dtype).elementsPerDimension)
}

/**
 * Writes arrays of numbers as packed rows, one at a time.
 *
 * @internal
 */
export class RowEncoder {
  readonly bytes: Uint8Array
  readonly #schema: StoredSchema
  readonly #out: VectorData
  /** float16 and bfloat16 are rounded from here. */
  readonly #wide: Float64Array

  constructor(schema: StoredSchema, rowCount: number) {
    this.bytes = new Uint8Array(rowCount * strideOf(schema.dtype, schema.dimension))
    this.#schema = schema
    this.#out = asVectorData(schema.dtype, this.bytes)
    this.#wide = new Float64Array(isHalf(schema.dtype) ? schema.dimension : 0)
  }

  /**
   * Writes row `index`.
   *
   * @throws InvalidArgumentError naming the row, the column and the value
   */
  write(index: number, values: readonly unknown[], origin: RowOrigin): void {
    const { dtype, dimension } = this.#schema
    const expected = numbersPerRow(this.#schema)
    if (values.length !== expected) throw wrongLength(origin, expected, values.length)
    const out = this.#out
    const span = { base: index * expected, count: expected }
    if (dtype === 'bit') {
      const stride = strideOf(dtype, dimension)
      const row = this.bytes.subarray(index * stride, (index + 1) * stride)
      writeBits(values, row, span.count, origin)
    } else if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
      writeBigInts(values, out, span, origin)
    } else if (isHalf(dtype)) {
      writeFloats(values, this.#wide, { base: 0, count: dimension }, origin)
      const target = (out as Uint16Array).subarray(span.base, span.base + dimension)
      writeHalves(dtype, this.#wide, target, origin)
    } else if (out instanceof Float32Array || out instanceof Float64Array) {
      writeFloats(values, out, span, origin)
    } else {
      writeIntegers(values, out, { ...span, dtype: dtype as IntegerDtype }, origin)
    }
  }
}

/**
 * The error for a row with too few or too many numbers.
 *
 * @internal
 */
export function wrongLength(
  origin: RowOrigin,
  expected: number,
  actual: number,
): InvalidArgumentError {
  return new InvalidArgumentError(
    'SLUICE_DIMENSION_MISMATCH',
    `${nameOf(origin)}: expected ${expected} numbers, got ${actual}`,
    { details: { ...detailsOf(origin), expected, actual } },
  )
}

/**
 * The error for a value that is NaN or infinite, or too large for its dtype.
 *
 * @internal
 */
export function nonFinite(origin: RowOrigin, column: number, value: number): InvalidArgumentError {
  const reason = Number.isFinite(value) ? ', which the dtype cannot hold' : ''
  return new InvalidArgumentError(
    'SLUICE_NON_FINITE_VECTOR',
    `${nameOf(origin)}: element ${column}: expected a finite number, got ${render(value)}${reason}`,
    { details: { ...detailsOf(origin), column, value } },
  )
}

/**
 * "vectors: row 3".
 *
 * @internal
 */
export function nameOf({ argument, row }: RowOrigin): string {
  return row === undefined ? argument : `${argument}: row ${row}`
}

function detailsOf({ argument, row }: RowOrigin): Readonly<Record<string, unknown>> {
  return row === undefined ? { argument } : { argument, row }
}

/** Rounds finite numbers; one too large for the dtype becomes infinite, and is refused here. */
function writeHalves(
  dtype: Dtype,
  values: Float64Array,
  target: Uint16Array,
  origin: RowOrigin,
): void {
  const isFloat16 = dtype === 'float16'
  if (isFloat16) encodeFloat16(values, target)
  else encodeBfloat16(values, target)
  const exponent = isFloat16 ? 0x7c00 : 0x7f80
  const column = target.findIndex((bits) => (bits & exponent) === exponent)
  if (column >= 0) throw nonFinite(origin, column, values[column] ?? Number.NaN)
}

function isHalf(dtype: Dtype): boolean {
  return dtype === 'float16' || dtype === 'bfloat16'
}

function badValue(
  origin: RowOrigin,
  column: number,
  expected: string,
  value: unknown,
): InvalidArgumentError {
  return new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    `${nameOf(origin)}: element ${column}: expected ${expected}, got ${render(value)}`,
    { details: { ...detailsOf(origin), column, expected, actual: render(value) } },
  )
}

function writeFloats(
  values: readonly unknown[],
  out: Float32Array | Float64Array,
  { base, count }: Span,
  origin: RowOrigin,
): void {
  for (let column = 0; column < count; column++) {
    const value = values[column]
    if (typeof value !== 'number') throw badValue(origin, column, 'a number', value)
    out[base + column] = value
    if (!Number.isFinite(out[base + column])) throw nonFinite(origin, column, value)
  }
}

function writeIntegers(
  values: readonly unknown[],
  out: Exclude<VectorData, BigInt64Array | BigUint64Array>,
  { base, count, dtype }: Span & { readonly dtype: IntegerDtype },
  origin: RowOrigin,
): void {
  const [min, max] = INTEGER_RANGES[dtype]
  for (let column = 0; column < count; column++) {
    const value = values[column]
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      out[base + column] = value
    } else {
      throw badValue(origin, column, `an integer from ${min} to ${max}`, value)
    }
  }
}

function writeBigInts(
  values: readonly unknown[],
  out: BigInt64Array | BigUint64Array,
  { base, count }: Span,
  origin: RowOrigin,
): void {
  const isSigned = out instanceof BigInt64Array
  const min = isSigned ? -(2n ** 63n) : 0n
  const max = isSigned ? 2n ** 63n - 1n : 2n ** 64n - 1n
  for (let column = 0; column < count; column++) {
    const value = values[column]
    const isNumber = typeof value === 'number' && Number.isSafeInteger(value)
    const wide = isNumber ? BigInt(value) : value
    if (typeof wide !== 'bigint' || wide < min || wide > max) {
      throw badValue(origin, column, `a bigint or safe integer from ${min} to ${max}`, value)
    }
    out[base + column] = wide
  }
}

function writeBits(
  values: readonly unknown[],
  out: Uint8Array,
  count: number,
  origin: RowOrigin,
): void {
  for (let column = 0; column < count; column++) {
    const value = values[column]
    if (value !== 0 && value !== 1) throw badValue(origin, column, '0 or 1', value)
    if (value === 1) out[column >>> 3] = out[column >>> 3]! | (0x80 >>> (column & 7))
  }
}
