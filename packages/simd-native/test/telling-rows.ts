/** Lengths of rows, and values in them, at which kernels go wrong if they do. */

import { asVectorData, type Dtype, strideOf } from '../../core/src/dtype.js'

const REAL_DIMENSIONS = [383, 384, 385, 768, 1536, 4096]

/** Every length up to 257, and the lengths people use. */
export const ALL_DIMENSIONS: readonly number[] = [
  ...Array.from({ length: 257 }, (_, i) => i + 1),
  ...REAL_DIMENSIONS,
]

const FLOAT64S = [0, -0, 1, -1, 5e-324, -1e-310, 1e150, -1e150]
const FLOAT32S = [0, -0, 1, 1.4e-45, -1e-40, 3.4e38, -3.4e38]
const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** By dtype, values at the ends of the range; the 16-bit floats as bits. */
const VALUES: Readonly<Record<Dtype, readonly unknown[]>> = {
  float64: [...FLOAT64S, ...NOT_FINITE],
  complex128: [...FLOAT64S, ...NOT_FINITE],
  float32: [...FLOAT32S, ...NOT_FINITE],
  complex64: [...FLOAT32S, ...NOT_FINITE],
  float16: [0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x3c00, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e01],
  bfloat16: [0, 0x8000, 1, 0x8001, 0x7f, 0x80, 0x3f80, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc1],
  int64: [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 32n), 0xffffffffn],
  uint64: [0n, 1n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n, 2n ** 32n, 0xffffffffn],
  int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 65_536, -65_536, 65_535],
  uint32: [0, 1, 2 ** 32 - 1, 2 ** 31, 2 ** 31 - 1, 65_536, 65_535],
  int16: [0, 1, -1, 32_767, -32_768, 255, 256, -256],
  uint16: [0, 1, 65_535, 32_768, 32_767, 255, 256],
  int8: [0, 1, -1, 127, -128],
  uint8: [0, 1, 255, 128, 127],
  bit: [0, 255, 0x80, 0x55],
}

/**
 * Rows whose elements are values at the ends of the range of a dtype, taken in turn in steps that
 * differ by row.
 */
export function extremeRows(dtype: Dtype, dimension: number): Uint8Array {
  const values = VALUES[dtype]
  const rows = 3 * values.length
  const bytes = new Uint8Array(rows * strideOf(dtype, dimension))
  const data = asVectorData(dtype, bytes) as unknown as unknown[]
  const elements = data.length / rows
  for (let row = 0; row < rows; row++) {
    const step = Math.floor(row / values.length)
    for (let i = 0; i < elements; i++) {
      data[row * elements + i] = values[(row + i * step) % values.length]
    }
  }
  return bytes
}
