import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dueRow,
  nextExpiryMs,
  type RetainedRows,
} from '../../../src/collection/retention/due-rows.js'
import type { RetentionSchema } from '../../../src/schema.js'

const ROWS_PER_SEGMENT = 32
const STRIDE = 12

function rowsOf(visibleRows: number, more: Partial<RetainedRows> = {}): RetainedRows {
  return {
    visibleRows,
    evictedRow: 0,
    stride: STRIDE,
    rowsPerSegment: ROWS_PER_SEGMENT,
    secondsOf: () => 0,
    ...more,
  }
}

function due(retention: RetentionSchema, rows: RetainedRows, nowMs = 0): number {
  return dueRow(retention, rows, nowMs)
}

describe('dueRow', () => {
  it('lets the oldest segment go when enough rows are left without it', () => {
    expect(due({ rowsMax: 100 }, rowsOf(100))).toBe(0)
    expect(due({ rowsMax: 100 }, rowsOf(131))).toBe(0)
    expect(due({ rowsMax: 100 }, rowsOf(132))).toBe(32)
    expect(due({ rowsMax: 100 }, rowsOf(1000))).toBe(896)
  })

  it('counts bytes of rows, and keeps at least as many as it may', () => {
    expect(due({ bytesMax: 100 * STRIDE }, rowsOf(131))).toBe(0)
    expect(due({ bytesMax: 100 * STRIDE }, rowsOf(132))).toBe(32)
    expect(due({ bytesMax: 100 * STRIDE + 1 }, rowsOf(132))).toBe(0)
    expect(due({ bytesMax: 1 }, rowsOf(33))).toBe(32)
  })

  it('lets a segment go when its newest row is too old, the last one too', () => {
    const times = [10, 20, 30]
    const rows = rowsOf(70, { secondsOf: (segment) => times[segment] ?? 0 })
    expect(due({ ttlMs: 5000 }, rows, 15_000)).toBe(0)
    expect(due({ ttlMs: 5000 }, rows, 15_001)).toBe(32)
    expect(due({ ttlMs: 5000 }, rows, 25_001)).toBe(64)
    expect(due({ ttlMs: 5000 }, rows, 35_000)).toBe(64)
    expect(due({ ttlMs: 5000 }, rows, 35_001)).toBe(70)
    expect(due({ ttlMs: 5000 }, { ...rows, evictedRow: 70 }, 99_000)).toBe(70)
  })

  it('keeps rows of which nobody knows when they were written', () => {
    expect(due({ ttlMs: 1 }, rowsOf(70), 1e15)).toBe(0)
    expect(nextExpiryMs({ ttlMs: 1 }, rowsOf(70))).toBe(Number.POSITIVE_INFINITY)
  })

  it('takes the strictest of several bounds', () => {
    const rows = rowsOf(200, { secondsOf: (segment) => 10 + segment })
    expect(due({ rowsMax: 150, bytesMax: 100 * STRIDE }, rows)).toBe(96)
    expect(due({ rowsMax: 150, ttlMs: 1000 }, rows, 12_500)).toBe(64)
    expect(due({ rowsMax: 50, ttlMs: 1000 }, rows, 12_500)).toBe(128)
  })

  it('tells when the oldest segment is too old', () => {
    const rows = rowsOf(70, { evictedRow: 32, secondsOf: (segment) => 10 * segment })
    expect(nextExpiryMs({ ttlMs: 5000 }, rows)).toBe(15_000)
    expect(nextExpiryMs({ rowsMax: 5 }, rows)).toBeUndefined()
    expect(nextExpiryMs({ ttlMs: 5000 }, { ...rows, evictedRow: 70 })).toBeUndefined()
  })

  it('leaves between a bound and a segment more, and never goes back', () => {
    const property = fc.property(
      fc.nat({ max: 2000 }),
      fc.integer({ min: 1, max: 500 }),
      fc.nat({ max: 60 }),
      (visibleRows, rowsMax, evictedSegments) => {
        const whole = Math.floor(visibleRows / ROWS_PER_SEGMENT)
        const evictedRow = Math.min(evictedSegments, whole) * ROWS_PER_SEGMENT
        const row = due({ rowsMax }, rowsOf(visibleRows, { evictedRow }))
        expect(row % ROWS_PER_SEGMENT).toBe(0)
        const left = visibleRows - row
        expect(left).toBeLessThan(rowsMax + ROWS_PER_SEGMENT)
        expect(left).toBeGreaterThanOrEqual(Math.min(visibleRows, rowsMax))
        expect(due({ rowsMax, ttlMs: 1 }, rowsOf(visibleRows), 0)).toBe(row)
      },
    )
    fc.assert(property)
  })
})
