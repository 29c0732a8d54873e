import { DTYPES } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { decodeRow, valuesPerRow } from '../../src/vectors/decode.js'
import { createLongStream, generatedRowCount, readAgain } from '../../src/vectors/long-stream.js'
import { GroundTruth } from '../../src/vectors/recall.js'
import { Workload, type WorkloadShape } from '../../src/vectors/workload.js'

const SHAPE: WorkloadShape = {
  dtype: 'int8',
  dimension: 16,
  rowCount: 200_000,
  batchRows: 1000,
  ids: 'assigned',
  seed: 3,
}

describe('readAgain', () => {
  it('reads from one element later each time, and what was passed over at the end', () => {
    const rows = new Uint8Array(15)
    readAgain(Uint8Array.of(1, 2, 3, 4, 5, 6), rows, 2)
    expect([...rows]).toEqual([1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 1, 2, 5, 6, 1])
  })
})

describe('generatedRowCount', () => {
  it.each([
    [1000, 384, 1000],
    [1_000_000, 384, 65_536],
    [25_000_000, 16, 1_562_500],
    [100_000, 1, 100_000],
  ])('generates for %d rows that can be read %d times %d', (rowCount, readings, expected) => {
    expect(generatedRowCount(rowCount, readings)).toBe(expected)
  })
})

describe('createLongStream', () => {
  it('makes rows of which no two are alike', () => {
    const { vectors } = createLongStream({ shape: SHAPE, queryCount: 1, k: 10 })
    const { rows } = vectors
    const different = new Set<string>()
    for (let at = 0; at < rows.length; at += 16) {
      different.add(Buffer.from(rows.buffer, at, 16).toString('latin1'))
    }
    expect(rows.length).toBe(16 * SHAPE.rowCount)
    expect(different.size).toBe(SHAPE.rowCount)
  })

  it('knows the neighbours of its queries among all rows', () => {
    const shape = { ...SHAPE, dimension: 64, rowCount: 140_000 }
    const { vectors, truth } = createLongStream({ shape, queryCount: 3, k: 10 })
    const whole = new Workload(shape, vectors)
    const wholeTruth = new GroundTruth(whole, 10)
    for (let query = 0; query < 3; query++) {
      const ids = Array.from({ length: shape.rowCount }, (_, row) => BigInt(row + 1))
      const near = ids.filter((id) => wholeTruth.recallOf(query, [id]) > 0)
      expect(near.length).toBeGreaterThanOrEqual(10)
      expect(truth.recallOf(query, near)).toBe(1)
      expect(truth.recallOf(query, near.slice(0, 5))).toBe(0.5)
      expect(truth.recallOf(query, ids.slice(-50))).toBe(0)
    }
  })

  it.each(DTYPES)('makes rows of %s whose values are such as are generated', (dtype) => {
    const shape = { ...SHAPE, dtype, dimension: 8, rowCount: 70_000 }
    const { rows } = createLongStream({ shape, queryCount: 1, k: 1 }).vectors
    const stride = rows.length / shape.rowCount
    const values = new Float64Array(valuesPerRow(dtype, stride))
    const largest = (row: number): number => {
      decodeRow(dtype, rows.subarray(row * stride, (row + 1) * stride), values)
      return Math.max(...values.map(Math.abs))
    }
    const generated = Math.max(...Array.from({ length: 65_536 }, (_, row) => largest(row)))
    for (let row = 65_536; row < shape.rowCount; row++) {
      expect(largest(row)).toBeLessThanOrEqual(generated)
    }
  })

  it('leaves bits that fill no byte where they are', () => {
    const shape = { ...SHAPE, dtype: 'bit' as const, dimension: 12, rowCount: 70_000 }
    const { rows } = createLongStream({ shape, queryCount: 1, k: 1 }).vectors
    expect(rows.filter((_, at) => at % 2 === 1).every((byte) => (byte & 0x0f) === 0)).toBe(true)
  })

  it('takes memory that is there', () => {
    const memory = new Uint8Array(1 << 20).fill(255)
    const shape = { ...SHAPE, rowCount: 100 }
    const { vectors } = createLongStream({ shape, queryCount: 1, k: 1, memory })
    expect(vectors.rows.buffer).toBe(memory.buffer)
    expect(vectors.rows.byteLength).toBe(1600)
    expect(memory[1600]).toBe(255)
  })
})
