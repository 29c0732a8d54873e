/**
 * The 15 element types of a vector: how many bytes a row takes and which typed array carries it.
 * A row is `dimension` elements without padding; complex types interleave real and imaginary
 * parts; `bit` packs 8 dimensions a byte, most significant bit first (the order of
 * `numpy.packbits`), with the unused low bits of the last byte zero.
 */

/**
 * An element type. Dimensions are numbers of it: complex ones for `complex128` and `complex64`,
 * each two elements of the typed array; bits for `bit`, eight to a byte, the first one in the
 * highest bit (as `numpy.packbits` has them). A row of bits takes `ceil(dimension / 8)` bytes, and
 * the low bits of the last one that are left over must be zero. See {@link VectorDataByDtype}.
 *
 * @public
 */
export type Dtype =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'uint32'
  | 'int16'
  | 'uint16'
  | 'int8'
  | 'uint8'
  | 'complex128'
  | 'complex64'
  | 'bit'

/**
 * Which typed array carries the vectors of a dtype. `float16` and `bfloat16` travel as their bit
 * patterns.
 *
 * @public
 */
export interface VectorDataByDtype {
  /** IEEE 754 binary64. */
  readonly float64: Float64Array
  /** IEEE 754 binary32. */
  readonly float32: Float32Array
  /** Bits of IEEE 754 binary16. */
  readonly float16: Uint16Array
  /** The upper half of the bits of a float32. */
  readonly bfloat16: Uint16Array
  /** Signed, 64 bits. */
  readonly int64: BigInt64Array
  /** Unsigned, 64 bits. */
  readonly uint64: BigUint64Array
  /** Signed, 32 bits. */
  readonly int32: Int32Array
  /** Unsigned, 32 bits. */
  readonly uint32: Uint32Array
  /** Signed, 16 bits. */
  readonly int16: Int16Array
  /** Unsigned, 16 bits. */
  readonly uint16: Uint16Array
  /** Signed, 8 bits. */
  readonly int8: Int8Array
  /** Unsigned, 8 bits. */
  readonly uint8: Uint8Array
  /** Real and imaginary parts, in turn. */
  readonly complex128: Float64Array
  /** Real and imaginary parts, in turn. */
  readonly complex64: Float32Array
  /** Eight dimensions a byte, the first one in the highest bit. */
  readonly bit: Uint8Array
}

/**
 * The typed array that carries vectors of a dtype; of any, where it is not known.
 *
 * @public
 */
export type VectorData<D extends Dtype = Dtype> = VectorDataByDtype[D]

/** What a typed-array class of {@link VectorData} looks like from outside. */
interface VectorDataConstructor {
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): VectorData
}

/**
 * The layout of one dtype.
 *
 * @internal
 */
export interface DtypeLayout {
  /** The typed array that carries rows of this dtype. */
  readonly array: VectorDataConstructor
  /** Array elements per dimension: 2 for complex, 1/8 for bit, else 1. */
  readonly elementsPerDimension: number
  /** A stable number for files and native kernels. */
  readonly code: number
  /** Whether a value can be NaN or infinite. */
  readonly float: boolean
}

const LAYOUTS: Readonly<Record<Dtype, DtypeLayout>> = {
  float64: { array: Float64Array, elementsPerDimension: 1, code: 0, float: true },
  float32: { array: Float32Array, elementsPerDimension: 1, code: 1, float: true },
  float16: { array: Uint16Array, elementsPerDimension: 1, code: 2, float: true },
  bfloat16: { array: Uint16Array, elementsPerDimension: 1, code: 3, float: true },
  int64: { array: BigInt64Array, elementsPerDimension: 1, code: 4, float: false },
  uint64: { array: BigUint64Array, elementsPerDimension: 1, code: 5, float: false },
  int32: { array: Int32Array, elementsPerDimension: 1, code: 6, float: false },
  uint32: { array: Uint32Array, elementsPerDimension: 1, code: 7, float: false },
  int16: { array: Int16Array, elementsPerDimension: 1, code: 8, float: false },
  uint16: { array: Uint16Array, elementsPerDimension: 1, code: 9, float: false },
  int8: { array: Int8Array, elementsPerDimension: 1, code: 10, float: false },
  uint8: { array: Uint8Array, elementsPerDimension: 1, code: 11, float: false },
  complex128: { array: Float64Array, elementsPerDimension: 2, code: 12, float: true },
  complex64: { array: Float32Array, elementsPerDimension: 2, code: 13, float: true },
  bit: { array: Uint8Array, elementsPerDimension: 1 / 8, code: 14, float: false },
}

/**
 * All dtypes, in the order of their stable codes.
 *
 * @public
 */
export const DTYPES: readonly Dtype[] = Object.keys(LAYOUTS) as Dtype[]

/**
 * The layout of a dtype.
 *
 * @internal
 */
export function layoutOf(dtype: Dtype): DtypeLayout {
  return LAYOUTS[dtype]
}

/**
 * Array elements of one row: what `vectors.length / rows` must be.
 *
 * @param dtype - the element type
 * @param dimension - dimensions of a vector
 * @public
 */
export function elementsPerRow(dtype: Dtype, dimension: number): number {
  return Math.ceil(dimension * LAYOUTS[dtype].elementsPerDimension)
}

/**
 * Bytes of one row, which is also the stride of rows in slabs and segment files.
 *
 * @param dtype - the element type
 * @param dimension - dimensions of a vector
 * @public
 */
export function strideOf(dtype: Dtype, dimension: number): number {
  return elementsPerRow(dtype, dimension) * LAYOUTS[dtype].array.BYTES_PER_ELEMENT
}

/**
 * A view of bytes as the typed array of a dtype. Copies when `bytes` is not aligned for it.
 *
 * @param dtype - the element type
 * @param bytes - whole elements, little endian
 * @internal
 */
export function asVectorData(dtype: Dtype, bytes: Uint8Array): VectorData {
  const { array } = LAYOUTS[dtype]
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice()
  const length = aligned.byteLength / array.BYTES_PER_ELEMENT
  return new array(aligned.buffer, aligned.byteOffset, length)
}
