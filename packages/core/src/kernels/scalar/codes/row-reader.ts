/**
 * Packed rows of any dtype, read one at a time into a scratch row of the width that codes are made
 * from: float32 where that is exact (narrow dtypes), float64 otherwise (wide ones).
 * Rows that are not aligned for their element type are copied once; callers keep them aligned.
 */

import type { CodeSpace } from '../../../contract/code-kernels.js'
import { asVectorData, type Dtype } from '../../../dtype.js'
import { integer64Widener, narrowWidener } from '../widen.js'

/**
 * Fills the scratch row with the row of this number.
 *
 * @internal
 */
export type RowReader = (row: number) => void

const WIDE: readonly Dtype[] = ['float64', 'complex128', 'int64', 'uint64', 'int32', 'uint32']

/**
 * Whether rows of a dtype are read as float64.
 *
 * @internal
 */
export function isWide(dtype: Dtype): boolean {
  return WIDE.includes(dtype)
}

/**
 * A reader of a narrow dtype.
 *
 * @param space - dtype and dimension
 * @param rows - whole packed rows
 * @param target - the scratch row; its length is the numbers of a row
 * @internal
 */
export function narrowRowReader(
  { dtype, dimension }: CodeSpace,
  rows: Uint8Array,
  target: Float32Array,
): RowReader {
  const elements = target.length
  if (dtype === 'bit') {
    const stride = Math.ceil(dimension / 8)
    return (row) => readBits(rows, row * stride, target)
  }
  if (dtype === 'float32' || dtype === 'complex64') {
    const data = asVectorData('float32', rows) as Float32Array
    return (row) => readFloat32(data, row * elements, target)
  }
  const widen = narrowWidener(dtype, rows, target)!
  return (row) => widen(row * elements)
}

/**
 * A reader of a wide dtype.
 *
 * @param dtype - one for which {@link isWide} holds
 * @param rows - whole packed rows
 * @param target - the scratch row; its length is the numbers of a row
 * @internal
 */
export function wideRowReader(dtype: Dtype, rows: Uint8Array, target: Float64Array): RowReader {
  const elements = target.length
  if (dtype === 'int64' || dtype === 'uint64') {
    const words = asVectorData('int32', rows) as Int32Array
    const widen = integer64Widener(dtype === 'int64', words, target)
    return (row) => widen(row * elements)
  }
  if (dtype === 'int32') {
    const data = asVectorData(dtype, rows) as Int32Array
    return (row) => readInt32(data, row * elements, target)
  }
  if (dtype === 'uint32') {
    const data = asVectorData(dtype, rows) as Uint32Array
    return (row) => readUint32(data, row * elements, target)
  }
  const data = asVectorData('float64', rows) as Float64Array
  return (row) => readFloat64(data, row * elements, target)
}

function readBits(rows: Uint8Array, base: number, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = (rows[base + (i >> 3)]! >> (7 - (i & 7))) & 1
}

function readFloat32(rows: Float32Array, base: number, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}

function readInt32(rows: Int32Array, base: number, target: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}

function readUint32(rows: Uint32Array, base: number, target: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}

function readFloat64(rows: Float64Array, base: number, target: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}
