/**
 * Rows of narrow or 64-bit integer elements, widened one row at a time into a scratch row that the
 * float kernels read. One loop per array class keeps each loop fast. All but 64-bit integers widen
 * exactly; those are rounded to float64 once each.
 */

import { asVectorData, type Dtype } from '../../dtype.js'
import { float16Table } from '../half.js'

/**
 * Fills the scratch row from the row whose first element is `base`.
 *
 * @internal
 */
export type RowWidener = (base: number) => void

/**
 * A widener of rows that fit float32 exactly.
 *
 * @param dtype - int8, uint8, int16, uint16, float16 or bfloat16
 * @param bytes - packed rows
 * @param target - the scratch row; its length is the elements of a row
 * @returns the widener, or undefined for any other dtype
 * @internal
 */
export function narrowWidener(
  dtype: Dtype,
  bytes: Uint8Array,
  target: Float32Array,
): RowWidener | undefined {
  if (dtype === 'uint8') return (base) => widenUint8(bytes, base, target)
  if (dtype === 'int8') {
    const rows = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return (base) => widenInt8(rows, base, target)
  }
  if (dtype === 'int16') {
    const rows = asVectorData(dtype, wholeElements(bytes, 2)) as Int16Array
    return (base) => widenInt16(rows, base, target)
  }
  if (dtype !== 'uint16' && dtype !== 'float16' && dtype !== 'bfloat16') return undefined
  const rows = asVectorData(dtype, wholeElements(bytes, 2)) as Uint16Array
  if (dtype === 'uint16') return (base) => widenUint16(rows, base, target)
  if (dtype === 'float16') {
    const values = float16Table()
    return (base) => widenFloat16(rows, base, target, values)
  }
  const bits = new Int32Array(target.buffer, target.byteOffset, target.length)
  return (base) => widenBfloat16(rows, base, bits)
}

/**
 * A widener of 64-bit integers.
 *
 * @param signed - int64, not uint64
 * @param words - packed rows as little-endian pairs of 32-bit words
 * @param target - the scratch row; its length is the elements of a row
 * @internal
 */
export function integer64Widener(
  signed: boolean,
  words: Int32Array,
  target: Float64Array,
): RowWidener {
  return signed
    ? (base) => widenInt64(words, base, target)
    : (base) => widenUint64(words, base, target)
}

/**
 * The bytes of whole elements at the start of `bytes`.
 *
 * @internal
 */
export function wholeElements(bytes: Uint8Array, elementBytes: number): Uint8Array {
  return bytes.subarray(0, bytes.byteLength - (bytes.byteLength % elementBytes))
}

function widenUint8(rows: Uint8Array, base: number, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}

function widenInt8(rows: Int8Array, base: number, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}

function widenUint16(rows: Uint16Array, base: number, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}

function widenInt16(rows: Int16Array, base: number, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = rows[base + i]!
}

function widenFloat16(
  rows: Uint16Array,
  base: number,
  target: Float32Array,
  values: Float32Array,
): void {
  for (let i = 0; i < target.length; i++) target[i] = values[rows[base + i]!]!
}

function widenBfloat16(rows: Uint16Array, base: number, bits: Int32Array): void {
  for (let i = 0; i < bits.length; i++) bits[i] = rows[base + i]! << 16
}

function widenInt64(words: Int32Array, base: number, target: Float64Array): void {
  for (let i = 0; i < target.length; i++) {
    const at = 2 * (base + i)
    target[i] = words[at + 1]! * 0x100000000 + (words[at]! >>> 0)
  }
}

function widenUint64(words: Int32Array, base: number, target: Float64Array): void {
  for (let i = 0; i < target.length; i++) {
    const at = 2 * (base + i)
    target[i] = (words[at + 1]! >>> 0) * 0x100000000 + (words[at]! >>> 0)
  }
}
