import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { piecesOf } from '../../../src/collection/bulk/batch-pieces.js'
import type { CheckedBatch } from '../../../src/collection/input/checked-batch.js'

const STRIDE = 8

/** Rows that say which they are. */
function batchOf(rowCount: number): CheckedBatch {
  const numbers = Float64Array.from({ length: rowCount }, (_, row) => row)
  const source = new Uint8Array(numbers.buffer)
  return { rowCount, source, ids: undefined, metadata: undefined }
}

function rowsOf({ source }: CheckedBatch): number[] {
  return [...new Float64Array(source.slice().buffer)]
}

describe('the pieces of a batch', () => {
  it('have no small one at the end', () => {
    const limits = { batchBytesMax: 6 * STRIDE, batchRowsMax: 100 }
    const pieces = [...piecesOf(batchOf(13), STRIDE, limits)]
    expect(pieces.map(({ rowCount }) => rowCount)).toEqual([5, 5, 3])
    expect(pieces.flatMap(rowsOf)).toEqual(Array.from({ length: 13 }, (_, row) => row))
  })

  it('are within the limits, as few as these allow, and of about one size', () => {
    const sizes = fc.record({
      rowCount: fc.integer({ min: 1, max: 500 }),
      batchRowsMax: fc.integer({ min: 1, max: 80 }),
      batchBytesMax: fc.integer({ min: 1, max: 80 * STRIDE }),
    })
    fc.assert(
      fc.property(sizes, ({ rowCount, ...limits }) => {
        const batch = batchOf(rowCount)
        const pieces = [...piecesOf(batch, STRIDE, limits)]
        const rowsMax = Math.max(1, Math.min(limits.batchRowsMax, limits.batchBytesMax / STRIDE))
        const counts = pieces.map((piece) => piece.rowCount)
        expect(pieces.flatMap(rowsOf)).toEqual(rowsOf(batch))
        expect(Math.max(...counts)).toBeLessThanOrEqual(rowsMax)
        expect(pieces.length).toBeLessThanOrEqual(Math.ceil(rowCount / Math.floor(rowsMax)))
        const spread = Math.max(...counts) - Math.min(...counts)
        expect(spread).toBeLessThan(Math.max(2, pieces.length))
      }),
    )
  })
})
