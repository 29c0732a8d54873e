/** Packed rows as the typed array that the public API takes. */

import type { Dtype, VectorData } from '@sluice/core'

/** What typed-array classes have in common here. */
interface VectorDataClass {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): VectorData
}

const CLASSES: Readonly<Record<Dtype, VectorDataClass>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  complex128: Float64Array,
  complex64: Float32Array,
  bit: Uint8Array,
}

/**
 * A view of packed rows.
 *
 * @param dtype - the element type
 * @param bytes - aligned for it
 * @internal
 */
export function typedView(dtype: Dtype, bytes: Uint8Array): VectorData {
  const { [dtype]: VectorClass } = CLASSES
  const length = bytes.byteLength / VectorClass.BYTES_PER_ELEMENT
  return new VectorClass(bytes.buffer, bytes.byteOffset, length)
}
