import { DTYPES, scalarKernels } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { RowSet, rowsInCache, rowsInMemory } from '../../src/kernels/row-set.js'

describe('rows that kernels are timed on', () => {
  it('takes whole rows, in chunks that take turns', () => {
    const rows = new RowSet({ dtype: 'float32', dimension: 3 }, new Uint8Array(12 * 10 + 5), 12 * 4)
    expect([rows.stride, rows.rowCount, rows.chunkRows]).toEqual([12, 10, 4])
    expect(rows.bytes).toHaveLength(120)
    expect([rows.nextChunk(), rows.nextChunk(), rows.nextChunk()]).toEqual([0, 4, 0])
    expect(rows.nextBytes().byteOffset).toBe(4 * 12)
    expect(Math.max(...rows.pickRows())).toBe(9)
  })

  it('has a row even where one is larger than a chunk', () => {
    const rows = new RowSet({ dtype: 'float64', dimension: 4 }, new Uint8Array(64), 5)
    expect([rows.chunkRows, rows.nextChunk(), rows.nextChunk()]).toEqual([1, 0, 1])
  })

  it.each(DTYPES)('fills memory with good rows of %s', (dtype) => {
    const rows = rowsInMemory(rowsInCache(dtype, 21), new Uint8Array(500_000))
    const { bytes, rowCount } = rows
    expect(bytes.byteLength).toBeGreaterThan(500_000 - rows.stride)
    expect(rows.row(rowCount - 1).some((byte) => byte !== 0)).toBe(true)
    const target = new Uint8Array(bytes.byteLength)
    const task = { dtype, dimension: 21, source: bytes, target, rowCount, crc: 0 }
    expect(scalarKernels.ingest(task).firstBadRow).toBe(-1)
  })
})
