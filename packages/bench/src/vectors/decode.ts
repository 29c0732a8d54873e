/**
 * Bytes of each dtype back to numbers, independent of the kernels under test: what the brute force
 * of the recall reads.
 */

import type { Dtype } from '@sluice/core'

/** Reads one value at a byte offset. */
interface ValueReader {
  readonly bytes: number
  readonly read: (view: DataView, offset: number) => number
}

const FLOAT64: ValueReader = { bytes: 8, read: (v, at) => v.getFloat64(at, true) }
const FLOAT32: ValueReader = { bytes: 4, read: (v, at) => v.getFloat32(at, true) }

const READERS: Readonly<Record<Exclude<Dtype, 'bit'>, ValueReader>> = {
  float64: FLOAT64,
  complex128: FLOAT64,
  float32: FLOAT32,
  complex64: FLOAT32,
  float16: { bytes: 2, read: (v, at) => fromFloat16(v.getUint16(at, true)) },
  bfloat16: { bytes: 2, read: (v, at) => fromBfloat16(v.getUint16(at, true)) },
  int64: { bytes: 8, read: (v, at) => v.getInt32(at + 4, true) * 2 ** 32 + v.getUint32(at, true) },
  uint64: {
    bytes: 8,
    read: (v, at) => v.getUint32(at + 4, true) * 2 ** 32 + v.getUint32(at, true),
  },
  int32: { bytes: 4, read: (v, at) => v.getInt32(at, true) },
  uint32: { bytes: 4, read: (v, at) => v.getUint32(at, true) },
  int16: { bytes: 2, read: (v, at) => v.getInt16(at, true) },
  uint16: { bytes: 2, read: (v, at) => v.getUint16(at, true) },
  int8: { bytes: 1, read: (v, at) => v.getInt8(at) },
  uint8: { bytes: 1, read: (v, at) => v.getUint8(at) },
}

/**
 * Values of a row: one per number (two per complex number, one per bit: 0 or 1).
 *
 * @internal
 */
export function valuesPerRow(dtype: Dtype, stride: number): number {
  return dtype === 'bit' ? stride * 8 : stride / READERS[dtype].bytes
}

/**
 * Decodes one packed row.
 *
 * @param dtype - the element type
 * @param row - its bytes
 * @param out - takes `valuesPerRow` values
 * @internal
 */
export function decodeRow(dtype: Dtype, row: Uint8Array, out: Float64Array): void {
  if (dtype === 'bit') {
    for (let i = 0; i < out.length; i++) out[i] = ((row[i >>> 3] ?? 0) >>> (7 - (i & 7))) & 1
    return
  }
  const { bytes, read } = READERS[dtype]
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
  for (let i = 0; i < out.length; i++) out[i] = read(view, i * bytes)
}

function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 31
  const mantissa = bits & 1023
  if (exponent === 0) return sign * mantissa * 2 ** -24
  return sign * (1024 + mantissa) * 2 ** (exponent - 25)
}

const scratch = new DataView(new ArrayBuffer(4))

function fromBfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16)
  return scratch.getFloat32(0)
}
