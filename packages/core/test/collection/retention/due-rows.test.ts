import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dueRow,
  nextExpiryMs,
  type RetainedRows,
  stretchMsOf,
} from '../../../src/collection/retention/due-rows.js'
import { RowTimes } from '../../../src/collection/retention/row-times.js'
import type { RetentionSchema } from '../../../src/schema.js'

const ROWS_PER_SEGMENT = 32
const STRIDE = 12

function rowsOf(rowCount: number, times = new RowTimes(ROWS_PER_SEGMENT)): RetainedRows {
  return { rowCount, stride: STRIDE, rowsPerSegment: ROWS_PER_SEGMENT, times }
}

/** Rows of which ten at a time were written, ten seconds apart. */
function tenByTen(rowCount: number, ttlMs: number): RowTimes {
  const times = new RowTimes(ROWS_PER_SEGMENT)
  for (let row = 10; row <= rowCount; row += 10) {
    times.note(row, row * 1000, stretchMsOf({ ttlMs }))
  }
  return times
}

function due(retention: RetentionSchema, rows: RetainedRows, nowMs = 0): number {
  return dueRow(retention, rows, nowMs)
}

describe('dueRow', () => {
  it('lets rows go in steps of a sixteenth of those that are kept', () => {
    expect(due({ rowsMax: 100 }, rowsOf(100))).toBe(0)
    expect(due({ rowsMax: 100 }, rowsOf(105))).toBe(0)
    expect(due({ rowsMax: 100 }, rowsOf(106))).toBe(6)
    expect(due({ rowsMax: 100 }, rowsOf(1000))).toBe(900)
    expect(due({ rowsMax: 100 }, rowsOf(1001))).toBe(900)
    expect(due({ rowsMax: 3 }, rowsOf(10))).toBe(7)
  })

  it('lets whole segments go where sixteen or more are kept', () => {
    expect(due({ rowsMax: 16 * 32 + 15 }, rowsOf(16 * 32 + 46))).toBe(0)
    expect(due({ rowsMax: 16 * 32 + 15 }, rowsOf(16 * 32 + 47))).toBe(32)
    expect(due({ rowsMax: 1_000_000 }, rowsOf(1_000_063))).toBe(32)
    expect(due({ rowsMax: 1_000_000 }, rowsOf(1_000_064))).toBe(64)
  })

  it('counts bytes of rows, and keeps at least as many as it may', () => {
    expect(due({ bytesMax: 100 * STRIDE }, rowsOf(105))).toBe(0)
    expect(due({ bytesMax: 100 * STRIDE }, rowsOf(106))).toBe(6)
    expect(due({ bytesMax: 100 * STRIDE + 1 }, rowsOf(106))).toBe(0)
    expect(due({ bytesMax: 1 }, rowsOf(33))).toBe(32)
  })

  it('lets rows go when they are too old, a sixteenth of their time later at most', () => {
    const rows = rowsOf(70, tenByTen(70, 20_000))
    expect(due({ ttlMs: 20_000 }, rows, 30_000)).toBe(0)
    expect(due({ ttlMs: 20_000 }, rows, 30_001)).toBe(10)
    expect(due({ ttlMs: 20_000 }, rows, 90_000)).toBe(60)
    expect(due({ ttlMs: 20_000 }, rows, 90_001)).toBe(70)
    // Stretches of 20 seconds: the rows of 20 and 30 seconds go together.
    const coarse = rowsOf(70, tenByTen(70, 320_000))
    expect(due({ ttlMs: 320_000 }, coarse, 340_001)).toBe(10)
    expect(due({ ttlMs: 320_000 }, coarse, 350_001)).toBe(30)
  })

  it('keeps rows of which nobody knows when they were written', () => {
    expect(due({ ttlMs: 1 }, rowsOf(70), 1e15)).toBe(0)
    expect(nextExpiryMs({ ttlMs: 1 }, rowsOf(70).times)).toBeUndefined()
  })

  it('takes the strictest of several bounds', () => {
    const rows = rowsOf(200, tenByTen(200, 16_000))
    expect(due({ rowsMax: 150, bytesMax: 100 * STRIDE }, rows)).toBe(96)
    expect(due({ rowsMax: 150, ttlMs: 16_000 }, rows, 100_001)).toBe(80)
    expect(due({ rowsMax: 50, ttlMs: 16_000 }, rows, 100_001)).toBe(150)
  })

  it('tells when the oldest rows are too old', () => {
    const times = tenByTen(70, 5000)
    expect(nextExpiryMs({ ttlMs: 5000 }, times)).toBe(15_000)
    times.forget(35)
    expect(nextExpiryMs({ ttlMs: 5000 }, times)).toBe(45_000)
    expect(nextExpiryMs({ rowsMax: 5 }, times)).toBeUndefined()
    times.forget(70)
    expect(nextExpiryMs({ ttlMs: 5000 }, times)).toBeUndefined()
  })

  it('leaves between a bound and a step more, and never goes back', () => {
    const property = fc.property(
      fc.nat({ max: 2000 }),
      fc.integer({ min: 1, max: 1000 }),
      (rowCount, rowsMax) => {
        const row = due({ rowsMax }, rowsOf(rowCount))
        const left = rowCount - row
        expect(left).toBeLessThan(rowsMax + Math.min(ROWS_PER_SEGMENT, Math.max(1, rowsMax / 16)))
        expect(left).toBeGreaterThanOrEqual(Math.min(rowCount, rowsMax))
        expect(due({ rowsMax }, rowsOf(rowCount + 1))).toBeGreaterThanOrEqual(row)
        expect(due({ rowsMax, ttlMs: 1 }, rowsOf(rowCount), 0)).toBe(row)
      },
    )
    fc.assert(property)
  })
})
