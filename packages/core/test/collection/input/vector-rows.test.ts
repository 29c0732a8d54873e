import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseVectors } from '../../../src/collection/input/vector-input.js'
import { DTYPES, type Dtype } from '../../../src/dtype.js'
import { expectOnlySluiceErrors } from '../../support/hostile.js'
import { errorOf, messageOf, schemaOf, valuesOf } from './vector-cases.js'

const F32 = schemaOf('float32', 2)

describe('RowEncoder, by way of parseVectors', () => {
  it('packs numbers of every dtype', () => {
    const packed = (dtype: Dtype, dimension: number, rows: unknown): (number | bigint)[] =>
      valuesOf(dtype, parseVectors(schemaOf(dtype, dimension), rows).bytes)
    expect(
      packed('float32', 2, [
        [1, 2.5],
        [-0, 4],
      ]),
    ).toEqual([1, 2.5, -0, 4])
    expect(packed('float64', 1, [[0.1]])).toEqual([0.1])
    expect(packed('float16', 2, [[1, -2]])).toEqual([0x3c00, 0xc000])
    expect(packed('bfloat16', 2, [[1, -2]])).toEqual([0x3f80, 0xc000])
    expect(packed('int8', 2, [[-128, 127]])).toEqual([-128, 127])
    expect(packed('uint32', 1, [[2 ** 32 - 1]])).toEqual([2 ** 32 - 1])
    expect(packed('int64', 3, [[-5, 2n ** 63n - 1n, 0]])).toEqual([-5n, 2n ** 63n - 1n, 0n])
    expect(packed('uint64', 2, [[2 ** 53 - 1, 2n ** 64n - 1n]])).toEqual([
      BigInt(2 ** 53 - 1),
      2n ** 64n - 1n,
    ])
    expect(
      packed('complex64', 1, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([1, 2, 3, 4])
    const bits = [1, 0, 1, 0, 0, 0, 0, 1, 1, 1]
    expect(packed('bit', 10, [bits, bits])).toEqual([0b1010_0001, 0b1100_0000, 161, 192])
  })

  it('names the row that is too short or too long', () => {
    const error = errorOf(() =>
      parseVectors(F32, [
        [1, 2],
        [1, 2, 3],
      ]),
    )
    expect(error).toMatchObject({
      code: 'SLUICE_DIMENSION_MISMATCH',
      message: 'vectors: row 1: expected 2 numbers, got 3',
      details: { row: 1, expected: 2, actual: 3 },
    })
    expect(messageOf(() => parseVectors(schemaOf('complex64', 2), [[1, 2]]))).toContain(
      'expected 4 numbers, got 2',
    )
    expect(messageOf(() => parseVectors(F32, [[1, 2], 5]))).toContain('row 1: expected an array')
  })

  it('names row, column and value of what does not fit', () => {
    const refusal = (dtype: Dtype, value: unknown): string =>
      messageOf(() =>
        parseVectors(schemaOf(dtype, 2), [
          [0, 0],
          [0, value],
        ]),
      )
    const at = 'vectors: row 1: element 1: expected'
    expect(refusal('float32', '1')).toBe(`SLUICE_INVALID_ARGUMENT: ${at} a number, got "1"`)
    expect(refusal('float32', Number.NaN)).toBe(
      `SLUICE_NON_FINITE_VECTOR: ${at} a finite number, got NaN`,
    )
    expect(refusal('float16', -Infinity)).toContain('SLUICE_NON_FINITE_VECTOR')
    expect(refusal('float32', 1e39)).toContain('got 1e+39, which the dtype cannot hold')
    expect(refusal('int8', 128)).toContain(`${at} an integer from -128 to 127, got 128`)
    expect(refusal('int8', 1.5)).toContain('got 1.5')
    expect(refusal('uint16', -1)).toContain('from 0 to 65535')
    expect(refusal('int64', 2n ** 63n)).toContain('a bigint or safe integer from -9223372036854775')
    expect(refusal('uint64', 2 ** 53)).toContain('got 9007199254740992')
    expect(refusal('bit', 2)).toContain(`${at} 0 or 1, got 2`)
    expect(refusal('bit', true)).toContain('got true')
    expect(refusal('float64', undefined)).toContain('got undefined')
  })

  it('refuses a row whose array shrinks while it is read', () => {
    const shrinks: unknown[] = [0, 2]
    Object.defineProperty(shrinks, '0', {
      get: () => {
        shrinks.length = 1
        return 1
      },
    })
    for (const dtype of DTYPES.filter((name) => !name.startsWith('complex'))) {
      const message = messageOf(() => parseVectors(schemaOf(dtype, 2), [[0, 1], shrinks]))
      expect(message).toContain('vectors: row 1: ')
      shrinks.length = 2
    }
  })

  it('keeps every float32 vector', () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true })
    const rows = fc.array(fc.tuple(value, value))
    fc.assert(
      fc.property(rows, (vectors) => {
        const { rowCount, bytes } = parseVectors(F32, vectors)
        expect(rowCount).toBe(vectors.length)
        expect(valuesOf('float32', bytes)).toEqual(vectors.flat())
      }),
    )
  })

  it('throws typed errors only, for every dtype', () => {
    for (const dtype of DTYPES) {
      expectOnlySluiceErrors((value) => parseVectors(schemaOf(dtype, 3), value))
      expectOnlySluiceErrors((value) => parseVectors(schemaOf(dtype, 1), [value]))
      expectOnlySluiceErrors((value) => parseVectors(schemaOf(dtype, 1), [[value]]))
    }
  })
})
