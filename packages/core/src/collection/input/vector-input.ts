/**
 * Vectors as callers give them, checked for shape and type and turned into packed rows: a typed
 * array of the dtype is viewed in place, everything else is converted. Whether the values of a
 * typed array are finite is found by the ingest kernel, in the pass that copies them; this file
 * then puts the finding into words.
 */

import { readInput, unexpected } from '../../checks.js'
import { asVectorData, type Dtype, elementsPerRow, layoutOf, strideOf } from '../../dtype.js'
import { InternalError, InvalidArgumentError } from '../../errors.js'
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from '../../kernels/half.js'
import { LIMITS } from '../../limits.js'
import { render } from '../../render.js'
import type { StoredSchema } from '../../schema.js'
import { type TypedView, typedView } from '../../typed-view.js'
import { nameOf, nonFinite, numbersPerRow, RowEncoder, wrongLength } from './vector-rows.js'

/**
 * Rows in the layout of slabs and segment files.
 *
 * @internal
 */
export interface ParsedVectors {
  readonly rowCount: number
  /** `rowCount` packed rows; the caller's memory where that was possible. */
  readonly bytes: Uint8Array
}

/**
 * Checks the vectors of a batch.
 *
 * @param schema - of the collection
 * @param input - what the caller gave: a typed array of the dtype (for float16 and bfloat16 also
 * a Float32Array or Float64Array), or an array of arrays of numbers
 * @throws InvalidArgumentError `SLUICE_INVALID_ARGUMENT`, `SLUICE_DIMENSION_MISMATCH`,
 * `SLUICE_NON_FINITE_VECTOR` or `SLUICE_LIMIT_EXCEEDED`, naming row and element
 * @internal
 */
export function parseVectors(schema: StoredSchema, input: unknown): ParsedVectors {
  const view = typedView('vectors', input)
  if (view === undefined) return readInput('vectors', () => parseRows(schema, input))
  const { dtype, dimension } = schema
  const bytes = elementBytes(dtype, view)
  if (bytes === undefined) throw wrongClass('vectors', dtype, 'an array of arrays', input)
  const perRow = elementsPerRow(dtype, dimension)
  if (view.length % perRow !== 0) {
    throw new InvalidArgumentError(
      'SLUICE_DIMENSION_MISMATCH',
      `vectors: ${view.length} elements are not whole rows of ${perRow} ` +
        `(dimension ${dimension}, ${dtype})`,
      { details: { argument: 'vectors', dimension, expected: perRow, actual: view.length } },
    )
  }
  return { rowCount: view.length / perRow, bytes }
}

/**
 * Checks a single vector, such as a query.
 *
 * @param schema - of the collection
 * @param input - what the caller gave: as for a batch, or an array of numbers
 * @param room - of one packed row, to copy a typed array to
 * @returns one packed row: a copy, in `room` or not
 * @throws InvalidArgumentError as {@link parseVectors} does, and `SLUICE_NON_FINITE_VECTOR`
 * @internal
 */
export function parseVector(
  schema: StoredSchema,
  input: unknown,
  room: Uint8Array = new Uint8Array(strideOf(schema.dtype, schema.dimension)),
): Uint8Array {
  const origin = { argument: 'vector', row: undefined }
  const view = typedView('vector', input)
  if (view === undefined) {
    return readInput('vector', () => {
      if (!Array.isArray(input)) {
        throw wrongClass('vector', schema.dtype, 'an array of numbers', input)
      }
      const encoder = new RowEncoder(schema, 1)
      encoder.write(0, input, origin)
      return checkRow(schema, encoder.bytes)
    })
  }
  const bytes = elementBytes(schema.dtype, view)
  if (bytes === undefined) {
    throw wrongClass('vector', schema.dtype, 'an array of numbers', input)
  }
  const expected = elementsPerRow(schema.dtype, schema.dimension)
  if (view.length !== expected) throw wrongLength(origin, expected, view.length)
  room.set(bytes)
  return checkRow(schema, room)
}

/**
 * Says what is wrong with a row that the ingest kernel refused.
 *
 * @param schema - of the collection
 * @param bytes - the packed rows that were given to the kernel
 * @param row - the first bad one
 * @param firstRow - what the first of the packed rows counts as
 * @internal
 */
export function describeBadRow(
  schema: StoredSchema,
  bytes: Uint8Array,
  row: number,
  firstRow = 0,
): InvalidArgumentError {
  const stride = strideOf(schema.dtype, schema.dimension)
  const rowBytes = bytes.subarray((row - firstRow) * stride, (row - firstRow + 1) * stride)
  const error = findFault(schema, rowBytes, { argument: 'vectors', row })
  if (error !== undefined) return error
  throw new InternalError(`row ${row} was refused, but every element of it is good`)
}

/** Writes one row: an array of numbers, or a typed array of the dtype. */
function writeRow(
  schema: StoredSchema,
  encoder: RowEncoder,
  origin: { readonly argument: string; readonly row: number },
  values: unknown,
): void {
  if (Array.isArray(values)) {
    encoder.write(origin.row, values, origin)
    return
  }
  const name = `${origin.argument}: row ${origin.row}`
  const view = typedView(name, values)
  const bytes = view && elementBytes(schema.dtype, view)
  if (view === undefined) {
    const isNumber = typeof values === 'number' || typeof values === 'bigint'
    const { name: array } = layoutOf(schema.dtype).array
    const hint = isNumber ? ` (rows as [[…], …], or all numbers in one ${array})` : ''
    throw unexpected(name, `an array of ${numbersPerRow(schema)} numbers${hint}`, values)
  }
  if (bytes === undefined) throw wrongClass(name, schema.dtype, 'an array of numbers', values)
  const expected = elementsPerRow(schema.dtype, schema.dimension)
  if (view.length !== expected) throw wrongLength(origin, expected, view.length)
  encoder.bytes.set(bytes, origin.row * bytes.byteLength)
}

/** The bytes of the elements of a typed array, in the dtype; undefined for a wrong class. */
function elementBytes(dtype: Dtype, view: TypedView): Uint8Array | undefined {
  if (view.name === layoutOf(dtype).array.name) return view.bytes
  if (dtype === 'float16' && view.name === 'Float16Array') return view.bytes
  if (dtype !== 'float16' && dtype !== 'bfloat16') return undefined
  if (view.name !== 'Float32Array' && view.name !== 'Float64Array') return undefined
  const { buffer, byteOffset } = view.bytes
  const source =
    view.name === 'Float32Array'
      ? new Float32Array(buffer, byteOffset, view.length)
      : new Float64Array(buffer, byteOffset, view.length)
  const bits = dtype === 'float16' ? encodeFloat16(source) : encodeBfloat16(source)
  return new Uint8Array(bits.buffer)
}

function parseRows(schema: StoredSchema, input: unknown): ParsedVectors {
  if (!Array.isArray(input)) {
    throw wrongClass('vectors', schema.dtype, 'an array of arrays', input)
  }
  const rowCount = input.length
  if (rowCount > LIMITS.rowsPerBatchMax) {
    throw new InvalidArgumentError(
      'SLUICE_LIMIT_EXCEEDED',
      `vectors: at most ${LIMITS.rowsPerBatchMax} rows as arrays, got ${rowCount}`,
      { details: { argument: 'vectors', max: LIMITS.rowsPerBatchMax, actual: rowCount } },
    )
  }
  const encoder = new RowEncoder(schema, rowCount)
  for (let row = 0; row < rowCount; row++) {
    writeRow(schema, encoder, { argument: 'vectors', row }, input[row])
  }
  return { rowCount, bytes: encoder.bytes }
}

function wrongClass(
  argument: string,
  dtype: Dtype,
  alternative: string,
  actual: unknown,
): InvalidArgumentError {
  const { name } = layoutOf(dtype).array
  const isHalf = dtype === 'float16' || dtype === 'bfloat16'
  const expected = isHalf ? `${name}, Float32Array, Float64Array` : name
  return new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    `${argument}: expected ${expected} (dtype ${dtype}) or ${alternative}, got ${render(actual)}`,
    { details: { argument, dtype, expected: name, actual: render(actual) } },
  )
}

function checkRow(schema: StoredSchema, row: Uint8Array): Uint8Array {
  const error = findFault(schema, row, { argument: 'vector', row: undefined })
  if (error !== undefined) throw error
  return row
}

function findFault(
  schema: StoredSchema,
  bytes: Uint8Array,
  origin: { readonly argument: string; readonly row: number | undefined },
): InvalidArgumentError | undefined {
  const { dtype, dimension } = schema
  if (dtype === 'bit') {
    const padding = bytes.length * 8 - dimension
    const last = bytes[bytes.length - 1] ?? 0
    if ((last & ((1 << padding) - 1)) === 0) return undefined
    return new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `${nameOf(origin)}: byte ${bytes.length - 1}: expected the low ${padding} bits, which are ` +
        `padding, to be zero, got ${last}`,
      { details: { ...origin, column: bytes.length - 1, padding, value: last } },
    )
  }
  if (!layoutOf(dtype).float) return undefined
  const values = floatsOf(dtype, bytes)
  if (areFinite(values)) return undefined
  const column = values.findIndex((value: number) => !Number.isFinite(value))
  return nonFinite(origin, column, values[column]!)
}

/** Zero times anything but a finite number is NaN: one look at all of them, for every query. */
function areFinite(values: Float32Array | Float64Array): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0
  return sum === 0
}

function floatsOf(dtype: Dtype, bytes: Uint8Array): Float32Array | Float64Array {
  const data = asVectorData(dtype, bytes)
  if (data instanceof Float32Array || data instanceof Float64Array) return data
  const bits = data as Uint16Array
  return dtype === 'float16' ? decodeFloat16(bits) : decodeBfloat16(bits)
}
