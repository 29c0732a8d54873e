import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowChecksums } from '../../../src/collection/rows/row-checksums.js'
import type { RowSpanChecksum } from '../../../src/ingest/row-writer.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'

const LAYOUT = { stride: 3, rowsPerSegment: 32 }

/** The bytes of rows: all different. */
function bytesOf(rowBase: number, rowCount: number): Uint8Array {
  return Uint8Array.from({ length: 3 * rowCount }, (_, i) => Math.imul(rowBase * 3 + i, 2654435761))
}

/** The spans of rows, as a store gives them out. */
function spansOf(rowBase: number, rowCount: number): RowSpanChecksum[] {
  const spans: RowSpanChecksum[] = []
  for (let row = rowBase; row < rowBase + rowCount; ) {
    const end = Math.min(rowBase + rowCount, (Math.floor(row / 32) + 1) * 32)
    spans.push({ rowCount: end - row, crc: crc32c(bytesOf(row, end - row)) })
    row = end
  }
  return spans
}

function expectAll(checksums: RowChecksums, rowCount: number): void {
  const expected: number[] = []
  for (let row = 0; row < rowCount; row += 32) {
    expected.push(crc32c(bytesOf(row, Math.min(32, rowCount - row))))
  }
  expect(checksums.rowCount).toBe(rowCount)
  expect([...checksums.snapshot()]).toEqual(expected)
  expect(expected.map((_, index) => checksums.crcOf(index))).toEqual(expected)
  expect(checksums.crcOf(expected.length)).toBe(0)
}

describe('RowChecksums', () => {
  it('continues a segment with the next batch, and goes on to the next segment', () => {
    const checksums = new RowChecksums(LAYOUT)
    checksums.append(0, spansOf(0, 20))
    checksums.append(20, spansOf(20, 50))
    expectAll(checksums, 70)
  })

  it('agrees with reading all rows, through batches, rows taken back and restores', () => {
    const step = fc.record({
      kind: fc.constantFrom('append', 'append', 'rewind', 'restore'),
      count: fc.nat(100),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let checksums = new RowChecksums(LAYOUT)
        let marks = []
        for (const { kind, count } of steps) {
          if (kind === 'append') {
            const rowBase = checksums.rowCount
            marks.push(checksums.append(rowBase, spansOf(rowBase, count)))
          } else if (kind === 'rewind') {
            const mark = marks.pop()
            if (mark) checksums.rewind(mark)
          } else {
            const restored = new RowChecksums(LAYOUT)
            restored.restore(checksums.rowCount, checksums.snapshot())
            checksums = restored
            marks = []
          }
          expectAll(checksums, checksums.rowCount)
        }
      }),
    )
  })

  it('gives snapshots that later rows do not change', () => {
    const checksums = new RowChecksums(LAYOUT)
    checksums.append(0, spansOf(0, 10))
    const snapshot = checksums.snapshot()
    const before = [...snapshot]
    checksums.append(10, spansOf(10, 10))
    expect([...snapshot]).toEqual(before)
  })

  it('refuses a gap, and a span over two segments', () => {
    const checksums = new RowChecksums(LAYOUT)
    const internal = expect.objectContaining({ code: 'SLUICE_INTERNAL' })
    expect(() => checksums.append(1, spansOf(1, 1))).toThrow(internal)
    expect(() => checksums.append(0, [{ rowCount: 33, crc: 0 }])).toThrow(internal)
  })
})
