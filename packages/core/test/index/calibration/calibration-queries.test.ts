import { describe, expect, it } from 'vitest'
import { drawRows } from '../../../src/index/calibration/calibration-queries.js'
import type { SegmentedRows } from '../../../src/index/row-lists.js'

const ROWS_PER_SEGMENT = 64
const STRIDE = 4

/** Rows of one number, their own, of which only those of some segments are left. */
function rowsOf(segmentCount: number, left: readonly number[]): SegmentedRows {
  const segments = Array.from({ length: segmentCount }, (_, segment) => {
    if (!left.includes(segment)) return undefined
    const base = segment * ROWS_PER_SEGMENT
    const numbers = Uint32Array.from({ length: ROWS_PER_SEGMENT }, (_, row) => base + row)
    return new Uint8Array(numbers.buffer)
  })
  return {
    segments,
    rowsPerSegment: ROWS_PER_SEGMENT,
    firstRow: left[0]! * ROWS_PER_SEGMENT,
    rowCount: segmentCount * ROWS_PER_SEGMENT,
    mask: undefined,
  }
}

function drawn(rows: SegmentedRows, countMax: number): number[] {
  const found = drawRows(rows, STRIDE, { seed: 5, countMax })
  for (const { row, vector } of found) {
    expect(new DataView(vector.buffer, vector.byteOffset).getUint32(0, true)).toBe(row)
  }
  return found.map(({ row }) => row)
}

describe('rows that are drawn', () => {
  it('are as many and as different however many were freed before them', () => {
    const fresh = drawn(rowsOf(4, [0, 1, 2, 3]), 128)
    expect(new Set(fresh).size).toBeGreaterThan(90)
    const capped = drawn(rowsOf(10_004, [10_000, 10_001, 10_002, 10_003]), 128)
    expect(capped).toEqual(fresh.map((row) => row + 10_000 * ROWS_PER_SEGMENT))
  })

  it('are those that count', () => {
    const rows = rowsOf(9, [3, 5])
    const mask = new Uint32Array((6 * ROWS_PER_SEGMENT) / 32)
    // Row 7 of segment 3, and row 40 of segment 5.
    mask[0] = 1 << 7
    mask[5] = 1 << 8
    const found = drawn({ ...rows, mask }, 100)
    expect(found.sort((a, b) => a - b)).toEqual([
      3 * ROWS_PER_SEGMENT + 7,
      5 * ROWS_PER_SEGMENT + 40,
    ])
    expect(drawn({ ...rows, rowCount: 64 }, 100)).toEqual([])
  })
})
