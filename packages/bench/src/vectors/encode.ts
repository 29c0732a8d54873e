/**
 * Numbers to the bytes of each dtype, little endian. Values are components of unit vectors; for
 * integers, four standard deviations (`4 / sqrt(n)`) fill the range, unsigned ones around its
 * middle.
 */

import type { Dtype } from '@sluice/core'

/**
 * Writes the values of one row at an offset.
 *
 * @internal
 */
export type RowEncoder = (values: Float64Array, target: Uint8Array, offset: number) => void

/** Writes one value at a byte offset. */
type ValueWriter = (view: DataView, offset: number, value: number) => void

interface ValueForm {
  readonly bytes: number
  readonly write: ValueWriter
  /** For integers: the largest magnitude, and what is added for unsigned ones. */
  readonly integer?: { readonly max: number; readonly middle: number }
}

/** Integers of 64 bits keep to 2^52, where a double still tells each from the next. */
const INT64_MAX = 2 ** 52

const FLOAT64: ValueForm = { bytes: 8, write: (v, at, x) => v.setFloat64(at, x, true) }
const FLOAT32: ValueForm = { bytes: 4, write: (v, at, x) => v.setFloat32(at, x, true) }

const FORMS: Readonly<Record<Exclude<Dtype, 'bit'>, ValueForm>> = {
  float64: FLOAT64,
  complex128: FLOAT64,
  float32: FLOAT32,
  complex64: FLOAT32,
  float16: { bytes: 2, write: (v, at, x) => v.setUint16(at, toFloat16(x), true) },
  bfloat16: { bytes: 2, write: (v, at, x) => v.setUint16(at, toBfloat16(x), true) },
  int64: { bytes: 8, write: writeInt64, integer: { max: INT64_MAX, middle: 0 } },
  uint64: { bytes: 8, write: writeInt64, integer: { max: INT64_MAX, middle: INT64_MAX } },
  int32: integerForm(4, (v, at, x) => v.setInt32(at, x, true), 0),
  uint32: integerForm(4, (v, at, x) => v.setUint32(at, x, true), 2 ** 31),
  int16: integerForm(2, (v, at, x) => v.setInt16(at, x, true), 0),
  uint16: integerForm(2, (v, at, x) => v.setUint16(at, x, true), 2 ** 15),
  int8: integerForm(1, (v, at, x) => v.setInt8(at, x), 0),
  uint8: integerForm(1, (v, at, x) => v.setUint8(at, x), 2 ** 7),
}

/**
 * The encoder of a dtype.
 *
 * @param valueCount - values of a row
 * @internal
 */
export function createEncoder(dtype: Dtype, valueCount: number): RowEncoder {
  if (dtype === 'bit') return encodeBits
  if (dtype === 'float32' || dtype === 'complex64') return encodeFloat32
  const { bytes, write, integer } = FORMS[dtype]
  const scale = integer ? (integer.max * Math.sqrt(valueCount)) / 4 : 1
  return (values, target, offset) => {
    const view = new DataView(target.buffer, target.byteOffset + offset, valueCount * bytes)
    for (let i = 0; i < valueCount; i++) {
      const value = values[i] ?? 0
      write(view, i * bytes, integer ? toInteger(value * scale, integer) : value)
    }
  }
}

/** The common case without a call per value. */
function encodeFloat32(values: Float64Array, target: Uint8Array, offset: number): void {
  new Float32Array(target.buffer, target.byteOffset + offset, values.length).set(values)
}

/** One bit per value, its sign; the most significant bit first. */
function encodeBits(values: Float64Array, target: Uint8Array, offset: number): void {
  for (let i = 0; i < values.length; i += 8) {
    let byte = 0
    for (let bit = 0; bit < 8; bit++) if ((values[i + bit] ?? 0) > 0) byte |= 128 >>> bit
    target[offset + (i >>> 3)] = byte
  }
}

function integerForm(bytes: number, write: ValueWriter, middle: number): ValueForm {
  return { bytes, write, integer: { max: 2 ** (8 * bytes - 1) - 1, middle } }
}

function toInteger(value: number, { max, middle }: { max: number; middle: number }): number {
  return Math.max(-max, Math.min(max, Math.round(value))) + middle
}

/** Two's complement in two words, without a BigInt per value. */
function writeInt64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true)
  view.setInt32(offset + 4, Math.floor(value / 2 ** 32), true)
}

const scratch = new DataView(new ArrayBuffer(4))

/** The upper half of a float32, rounded to nearest even. Finite values only. */
function toBfloat16(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

/** IEEE 754 binary16, rounded to nearest even. Magnitudes below 65504 only. */
function toFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24)
  let exponent = Math.floor(Math.log2(magnitude))
  if (2 ** exponent > magnitude) exponent -= 1
  // A mantissa that rounds up to 2048 carries into the exponent, which is the right result.
  const mantissa = roundToEven(magnitude * 2 ** (10 - exponent))
  return sign | (((exponent + 14) << 10) + mantissa)
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest === 0.5) return floor + (floor & 1)
  return rest > 0.5 ? floor + 1 : floor
}
