import { describe, expect, it } from 'vitest'
import {
  type Cell,
  cellLabel,
  cellName,
  cellShape,
  cellsOf,
  plainCell,
} from '../../src/matrix/cell.js'

const PLAIN: Cell = { dtype: 'float32', dimension: 384, ids: 'assigned', metadata: 'none' }

describe('cellsOf', () => {
  it('combines everything with everything', () => {
    const cells = cellsOf({
      dtypes: ['float32', 'bit'],
      dimensions: [128, 384],
      ids: ['assigned', 'u64'],
      metadata: ['none', 'small'],
    })
    expect(cells).toHaveLength(16)
    expect(new Set(cells.map(cellName)).size).toBe(16)
    expect(cells.slice(0, 5).map(cellName)).toEqual([
      'matrix.float32.128',
      'matrix.float32.128.metadata',
      'matrix.float32.128.u64',
      'matrix.float32.128.u64.metadata',
      'matrix.float32.384',
    ])
  })
})

describe('a cell', () => {
  it('is called by what is more than plain', () => {
    const cell: Cell = { ...PLAIN, ids: 'string', metadata: 'small' }
    expect(cellName(cell)).toBe('matrix.float32.384.string.metadata')
    expect(cellLabel(cell)).toBe('float32 string metadata')
    expect(plainCell(cell)).toEqual(PLAIN)
  })

  it('has as many rows as fit into the bytes, and into those of a batch', () => {
    const size = { bytes: 1_000_000, batchBytes: 100_000, seed: 9 }
    expect(cellShape(PLAIN, size)).toEqual({ ...PLAIN, rowCount: 651, batchRows: 65, seed: 9 })
    const bits = cellShape({ ...PLAIN, dtype: 'bit', dimension: 8 }, { ...size, batchBytes: 2e6 })
    expect([bits.rowCount, bits.batchRows]).toEqual([1_000_000, 2 ** 20])
  })

  it('has a row at least', () => {
    const size = { bytes: 10, batchBytes: 1, seed: 0 }
    expect(cellShape(PLAIN, size)).toMatchObject({ rowCount: 1, batchRows: 1 })
  })
})
