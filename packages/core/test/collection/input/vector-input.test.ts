import { describe, expect, it } from 'vitest'
import {
  describeBadRow,
  parseVector,
  parseVectors,
} from '../../../src/collection/input/vector-input.js'
import { DTYPES, type Dtype, layoutOf, strideOf } from '../../../src/dtype.js'
import { expectOnlySluiceErrors } from '../../support/hostile.js'
import { growableBuffer, resizableBuffer, resize } from '../../support/resizable.js'
import { errorOf, messageOf, schemaOf, valuesOf } from './vector-cases.js'

const F32 = schemaOf('float32', 2)

describe('parseVectors of a typed array', () => {
  it.each(DTYPES.map((dtype) => [dtype] as const))('views rows of %s in place', (dtype) => {
    const schema = schemaOf(dtype, 10)
    const { array } = layoutOf(dtype)
    const stride = strideOf(dtype, 10)
    const buffer = new ArrayBuffer(16 + 3 * stride)
    const vectors = new array(buffer, 16, (3 * stride) / array.BYTES_PER_ELEMENT)
    const parsed = parseVectors(schema, vectors)
    expect(parsed.rowCount).toBe(3)
    expect(parsed.bytes.buffer).toBe(buffer)
    expect(parsed.bytes.byteOffset).toBe(16)
    expect(parsed.bytes.byteLength).toBe(3 * stride)
  })

  it('takes a Buffer for uint8 and bit', () => {
    const buffer = Buffer.from([1, 2, 3, 4])
    expect(parseVectors(schemaOf('uint8', 2), buffer).rowCount).toBe(2)
    expect(parseVectors(schemaOf('bit', 16), buffer).bytes).toEqual(Uint8Array.of(1, 2, 3, 4))
  })

  it('rounds wider floats for float16 and bfloat16', () => {
    const source = [1, -2.5, 65_504, 1e-8]
    for (const array of [Float32Array.from(source), Float64Array.from(source)]) {
      const half = parseVectors(schemaOf('float16', 2), array)
      expect(half.rowCount).toBe(2)
      expect(valuesOf('float16', half.bytes)).toEqual([0x3c00, 0xc100, 0x7bff, 0])
      const bhalf = parseVectors(schemaOf('bfloat16', 4), array)
      expect(valuesOf('bfloat16', bhalf.bytes).slice(0, 2)).toEqual([0x3f80, 0xc020])
    }
  })

  it('says which class it wants and which it got', () => {
    expect(messageOf(() => parseVectors(F32, new Float64Array(2)))).toBe(
      'SLUICE_INVALID_ARGUMENT: vectors: expected Float32Array (dtype float32) or an array of ' +
        'arrays, got Float64Array(2)',
    )
    expect(messageOf(() => parseVectors(schemaOf('bfloat16', 2), new Int8Array(2)))).toContain(
      'expected Uint16Array, Float32Array, Float64Array (dtype bfloat16)',
    )
    expect(messageOf(() => parseVectors(F32, 'abc'))).toContain('got "abc"')
  })

  it('says when the length is not a whole number of rows', () => {
    const error = errorOf(() => parseVectors(F32, new Float32Array(5)))
    expect(error).toMatchObject({
      code: 'SLUICE_DIMENSION_MISMATCH',
      message: 'vectors: 5 elements are not whole rows of 2 (dimension 2, float32)',
      details: { expected: 2, actual: 5 },
    })
  })

  it('takes no rows at all, and refuses memory that is gone', () => {
    expect(parseVectors(F32, new Float32Array(0))).toMatchObject({ rowCount: 0 })
    const detached = new Float32Array(4)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(messageOf(() => parseVectors(F32, detached))).toContain('was detached')
  })

  it('copies what could shrink; a growable shared buffer is viewed as long as it is now', () => {
    const resizable = resizableBuffer(16, 64)
    const tracking = new Float32Array(resizable)
    tracking.set([1, 2, 3, 4])
    const copied = parseVectors(F32, tracking)
    resize(resizable, 0)
    expect(valuesOf('float32', copied.bytes)).toEqual([1, 2, 3, 4])
    const growable = growableBuffer(16, 64)
    const shared = parseVectors(F32, new Float32Array(growable))
    resize(growable, 64)
    expect(shared.rowCount).toBe(2)
    expect(shared.bytes.byteLength).toBe(16)
  })

  it('is not fooled by a subclass', () => {
    class Liar extends Float32Array {
      override get length(): number {
        return 1000
      }
    }
    expect(parseVectors(F32, new Liar(4)).rowCount).toBe(2)
  })
})

describe('parseVector', () => {
  it('copies a typed array, and takes an array of numbers', () => {
    const query = Float32Array.of(1, 2)
    const row = parseVector(F32, query)
    query[0] = 9
    expect(valuesOf('float32', row)).toEqual([1, 2])
    expect(valuesOf('float32', parseVector(F32, [3, 4]))).toEqual([3, 4])
    expect(valuesOf('int64', parseVector(schemaOf('int64', 2), [3n, 4]))).toEqual([3n, 4n])
    expect(parseVector(schemaOf('bit', 4), [1, 0, 0, 1])).toEqual(Uint8Array.of(0b1001_0000))
  })

  it('names index and value of what is not finite', () => {
    expect(errorOf(() => parseVector(F32, Float32Array.of(1, Number.NaN)))).toMatchObject({
      code: 'SLUICE_NON_FINITE_VECTOR',
      message: 'vector: element 1: expected a finite number, got NaN',
      details: { argument: 'vector', column: 1, value: Number.NaN },
    })
    expect(messageOf(() => parseVector(F32, [1, Infinity]))).toContain('got Infinity')
    expect(messageOf(() => parseVector(schemaOf('float16', 1), Float64Array.of(1e6)))).toContain(
      'SLUICE_NON_FINITE_VECTOR: vector: element 0',
    )
    expect(messageOf(() => parseVector(schemaOf('float16', 1), [1e6]))).toContain('NON_FINITE')
  })

  it('names expected and actual length and class', () => {
    expect(messageOf(() => parseVector(F32, new Float32Array(3)))).toBe(
      'SLUICE_DIMENSION_MISMATCH: vector: expected 2 numbers, got 3',
    )
    expect(messageOf(() => parseVector(F32, [1]))).toContain('expected 2 numbers, got 1')
    expect(messageOf(() => parseVector(F32, undefined))).toBe(
      'SLUICE_INVALID_ARGUMENT: vector: expected Float32Array (dtype float32) or an array of ' +
        'numbers, got undefined',
    )
    expect(messageOf(() => parseVector(schemaOf('bit', 4), Uint8Array.of(1)))).toContain(
      'expected the low 4 bits, which are padding, to be zero, got 1',
    )
  })

  it('throws typed errors only, for every dtype', () => {
    for (const dtype of DTYPES) {
      expectOnlySluiceErrors((value) => parseVector(schemaOf(dtype, 1), value))
    }
  })
})

describe('describeBadRow', () => {
  it('finds row, column and value in each float dtype', () => {
    const refused = (dtype: Dtype, data: ArrayBufferView): object => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      return describeBadRow(schemaOf(dtype, 2), bytes, 1)
    }
    const expected = (column: number, value: number): object => ({
      code: 'SLUICE_NON_FINITE_VECTOR',
      details: { argument: 'vectors', row: 1, column, value },
    })
    expect(refused('float32', Float32Array.of(1, 2, 3, Infinity))).toMatchObject(
      expected(1, Infinity),
    )
    expect(refused('float64', Float64Array.of(1, 2, -Infinity, 4))).toMatchObject(
      expected(0, -Infinity),
    )
    expect(refused('float16', Uint16Array.of(0, 0, 0, 0x7e00))).toMatchObject(
      expected(1, Number.NaN),
    )
    expect(refused('bfloat16', Uint16Array.of(0, 0, 0xff80, 0))).toMatchObject(
      expected(0, -Infinity),
    )
    const complex = Float32Array.of(1, 2, 3, 4, 5, 6, Number.NaN, 8)
    expect(refused('complex64', complex)).toMatchObject(expected(2, Number.NaN))
  })

  it('finds set padding bits', () => {
    const error = describeBadRow(schemaOf('bit', 12), Uint8Array.of(0, 0, 0, 0x11), 1)
    expect(error).toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
      message:
        'vectors: row 1: byte 1: expected the low 4 bits, which are padding, to be zero, got 17',
      details: { row: 1, padding: 4, value: 17 },
    })
  })

  it('calls a row that is good an internal error', () => {
    expect(() => describeBadRow(F32, new Uint8Array(16), 1)).toThrow(
      expect.objectContaining({ code: 'SLUICE_INTERNAL' }),
    )
  })
})
