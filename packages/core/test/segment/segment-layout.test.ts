import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byteOfRow,
  pageCeil,
  pageFloor,
  rowsBelowByte,
  rowsPerSegmentOf,
} from '../../src/segment/segment-layout.js'

const MIB = 1024 * 1024
const PAGE = 4096

describe('rowsPerSegmentOf', () => {
  it('fits 43,680 rows of 384 float32 into 64 MiB', () => {
    expect(rowsPerSegmentOf(64 * MIB, 1536)).toBe(43_680)
  })

  it('refuses a segment too small for 32 rows, and says how large it must be', () => {
    const stride = 65_536
    const expected = PAGE + 32 * stride
    expect(rowsPerSegmentOf(expected, stride)).toBe(32)
    expect(() => rowsPerSegmentOf(expected - PAGE, stride)).toThrow(
      expect.objectContaining({
        code: 'SLUICE_INVALID_ARGUMENT',
        details: { argument: 'segmentBytes', expected, actual: expected - PAGE, stride },
      }),
    )
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a stride of %d', (stride) => {
    expect(() => rowsPerSegmentOf(MIB, stride)).toThrow(
      expect.objectContaining({ code: 'SLUICE_INVALID_ARGUMENT' }),
    )
  })

  it.each([100_000, 0, -PAGE, Number.NaN])('refuses a segment of %d bytes', (segmentBytes) => {
    expect(() => rowsPerSegmentOf(segmentBytes, 100)).toThrow(
      expect.objectContaining({ code: 'SLUICE_INVALID_ARGUMENT' }),
    )
  })

  it('uses all room but for a block of 32 rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_536 }), fc.integer({ min: 1, max: 32 }), (s, n) => {
        const segmentBytes = PAGE + pageCeil(n * 32 * s)
        const rows = rowsPerSegmentOf(segmentBytes, s)
        expect(rows % 32).toBe(0)
        expect(PAGE + rows * s).toBeLessThanOrEqual(segmentBytes)
        expect(PAGE + (rows + 32) * s).toBeGreaterThan(segmentBytes)
      }),
    )
  })
})

describe('byteOfRow and rowsBelowByte', () => {
  const layout = { segmentBytes: 65_536, stride: 100, rowsPerSegment: 608, headerBytes: PAGE }

  it('stay within the segment', () => {
    expect(byteOfRow(layout, 1, 0)).toBe(PAGE)
    expect(byteOfRow(layout, 1, 609)).toBe(PAGE + 100)
    expect(byteOfRow(layout, 1, 5000)).toBe(PAGE + 60_800)
    expect(rowsBelowByte(layout, 0)).toBe(0)
    expect(rowsBelowByte(layout, PAGE + 199)).toBe(1)
  })

  it('are each other’s inverse', () => {
    fc.assert(
      fc.property(fc.nat(608), (row) => {
        expect(rowsBelowByte(layout, byteOfRow(layout, 0, row))).toBe(row)
      }),
    )
  })
})

describe('pageFloor and pageCeil', () => {
  it('enclose a byte', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), (byte) => {
        expect(pageFloor(byte)).toBe(Math.floor(byte / PAGE) * PAGE)
        expect(pageCeil(byte)).toBe(Math.ceil(byte / PAGE) * PAGE)
      }),
    )
  })
})
