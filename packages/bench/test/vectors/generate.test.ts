import { DTYPES, type Dtype } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRow, valuesPerRow } from '../../src/vectors/decode.js'
import { RowGenerator } from '../../src/vectors/generate.js'

function rowsOf(dtype: Dtype, dimension: number, seed: number, rowCount = 20): Uint8Array {
  const generator = new RowGenerator({ dtype, dimension, seed })
  const rows = new Uint8Array(rowCount * generator.stride)
  generator.fill(rows)
  return rows
}

function decoded(dtype: Dtype, row: Uint8Array): Float64Array {
  const values = new Float64Array(valuesPerRow(dtype, row.byteLength))
  decodeRow(dtype, row, values)
  return values
}

describe('RowGenerator', () => {
  it('gives the same bytes for the same seed, in one piece or several', () => {
    const shape = fc.record({
      dtype: fc.constantFrom(...DTYPES),
      dimension: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(shape, fc.nat(20), ({ dtype, dimension, seed }, cut) => {
        const whole = rowsOf(dtype, dimension, seed)
        const generator = new RowGenerator({ dtype, dimension, seed })
        const parts = new Uint8Array(whole.byteLength)
        generator.fill(parts.subarray(0, cut * generator.stride))
        generator.fill(parts.subarray(cut * generator.stride))
        expect(parts).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  it('gives other bytes for another seed', () => {
    expect(rowsOf('float32', 16, 1)).not.toEqual(rowsOf('float32', 16, 2))
  })

  it('makes float rows of length 1', () => {
    for (const dtype of ['float64', 'float32', 'float16', 'bfloat16', 'complex64'] as const) {
      const { stride } = new RowGenerator({ dtype, dimension: 64, seed: 3 })
      const row = rowsOf(dtype, 64, 3).subarray(0, stride)
      const squares = decoded(dtype, row).reduce((sum, value) => sum + value * value, 0)
      expect(Math.abs(squares - 1), dtype).toBeLessThan(0.01)
    }
  })

  it('tells the same vectors in every dtype', () => {
    const dimension = 64
    const reference = decoded('float64', rowsOf('float64', dimension, 5, 1))
    for (const dtype of DTYPES.filter((name) => !name.startsWith('complex'))) {
      const values = decoded(dtype, rowsOf(dtype, dimension, 5, 1))
      // Unsigned integers lie around a middle, bits around a half; a correlation sees neither.
      expect(correlation(reference, values), dtype).toBeGreaterThan(dtype === 'bit' ? 0.7 : 0.99)
    }
  })

  it('leaves the padding bits of a bit row unset', () => {
    const row = rowsOf('bit', 13, 1, 50)
    for (let i = 1; i < row.length; i += 2) expect((row[i] ?? 0) & 0b111).toBe(0)
  })
})

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array): number => values.reduce((s, v) => s + v, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (const [i, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[i] ?? 0) - meanB]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return ab / Math.sqrt(aa * bb)
}
