import { DTYPES, type Dtype, strideOf } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRow } from '../../src/vectors/decode.js'
import { createEncoder } from '../../src/vectors/encode.js'

function bytesOf(dtype: Dtype, value: number): string {
  const row = new Uint8Array(strideOf(dtype, 1))
  createEncoder(dtype, 1)(Float64Array.of(value), row, 0)
  return Buffer.from(row).toString('hex')
}

function roundTrip(dtype: Dtype, value: number): number {
  const row = new Uint8Array(strideOf(dtype, 1))
  createEncoder(dtype, 1)(Float64Array.of(value), row, 0)
  const out = new Float64Array(1)
  decodeRow(dtype, row, out)
  return out[0] ?? Number.NaN
}

describe('createEncoder', () => {
  it.each([
    ['float16', 1, '003c'],
    ['float16', -2, '00c0'],
    ['float16', 2 ** -24, '0100'],
    ['float16', 2049, '0068'],
    ['float16', 2051, '0268'],
    ['float16', 1 - 2 ** -12, '003c'],
    ['bfloat16', 1, '803f'],
    ['bfloat16', 1 + 2 ** -8, '803f'],
    ['bfloat16', 1 + 3 * 2 ** -8, '823f'],
    ['int8', -4, '81'],
    ['uint8', 4, 'ff'],
    ['int64', -4, '000000000000f0ff'],
    ['uint64', 0, '0000000000001000'],
  ] as const)('writes %s %d as %s', (dtype, value, hex) => {
    expect(bytesOf(dtype, value)).toBe(hex)
  })

  it('rounds half precision to within half a unit of the last place', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (value) => {
        const error = Math.abs(roundTrip('float16', value) - value)
        expect(error).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(value) * 2 ** -11))
        const brainError = Math.abs(roundTrip('bfloat16', value) - value)
        expect(brainError).toBeLessThanOrEqual(Math.max(2 ** -134, Math.abs(value) * 2 ** -8))
      }),
    )
  })

  it('keeps the order of values in every dtype', () => {
    const value = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.constantFrom(...DTYPES), value, value, (dtype, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(roundTrip(dtype, low)).toBeLessThanOrEqual(roundTrip(dtype, high))
      }),
    )
  })
})
