import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AliveBits,
  type AliveSnapshot,
  type FrozenAliveBits,
} from '../../../src/collection/rows/alive-bits.js'
import { counts } from '../../../src/row-mask.js'

const ROWS_PER_SEGMENT = 64

function rowsOf(view: AliveSnapshot): number[] {
  const rows: number[] = []
  for (let row = 0; row < view.rowCount; row++) if (view.isAlive(row)) rows.push(row)
  return rows
}

/** The rows as a scan kernel sees them: through the words of each segment. */
function rowsOfWords(view: AliveSnapshot): number[] {
  const rows: number[] = []
  for (let row = 0; row < view.rowCount; row++) {
    const offset = row % ROWS_PER_SEGMENT
    const words = view.segmentWords(Math.floor(row / ROWS_PER_SEGMENT))
    if ((words[offset >>> 5]! >>> (offset & 31)) & 1) rows.push(row)
  }
  return rows
}

/** The rows as kernels see them that look at all segments. */
function rowsOfMask(view: FrozenAliveBits): number[] {
  const mask = view.rowMask()
  return Array.from({ length: view.rowCount }, (_, row) => row).filter((row) => counts(mask, row))
}

const changes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('set' as const), row: fc.nat(300), count: fc.nat(150) }),
    fc.record({ kind: fc.constant('clearRange' as const), row: fc.nat(300), count: fc.nat(150) }),
    fc.record({ kind: fc.constant('clear' as const), row: fc.nat(500), count: fc.constant(1) }),
    fc.record({ kind: fc.constant('cover' as const), row: fc.nat(500), count: fc.constant(0) }),
    fc.record({ kind: fc.constant('free' as const), row: fc.nat(500), count: fc.constant(0) }),
    fc.record({ kind: fc.constant('snapshot' as const), row: fc.nat(0), count: fc.constant(0) }),
  ),
  { maxLength: 40 },
)

describe('AliveBits', () => {
  it('counts alive and dead rows over a segment boundary', () => {
    const bits = new AliveBits(ROWS_PER_SEGMENT)
    bits.setRange(60, 10)
    expect(bits.clear(64)).toBe(true)
    expect(bits.clear(64)).toBe(false)
    expect(rowsOf(bits)).toEqual([60, 61, 62, 63, 65, 66, 67, 68, 69])
    expect(bits).toMatchObject({ rowCount: 70, aliveCount: 9, deadCount: 61 })
    expect(bits.segmentWords(0)[1]).toBe(0xf0000000)
  })

  it('shows the past in a snapshot, although it shares the words', () => {
    const bits = new AliveBits(ROWS_PER_SEGMENT)
    bits.setRange(0, 40)
    const before = bits.snapshot()
    expect(before.segmentWords(0)).toBe(bits.segmentWords(0))
    bits.clear(3)
    bits.setRange(40, 100)
    expect(before).toMatchObject({ rowCount: 40, aliveCount: 40, deadCount: 0 })
    expect(before.isAlive(3)).toBe(true)
    expect(before.isAlive(41)).toBe(false)
    expect(bits.isAlive(3)).toBe(false)
  })

  it('gives the same snapshot until something changes', () => {
    const bits = new AliveBits(ROWS_PER_SEGMENT)
    bits.setRange(0, 5)
    expect(bits.snapshot()).toBe(bits.snapshot())
    const before = bits.snapshot()
    bits.clear(0)
    expect(bits.snapshot()).not.toBe(before)
  })

  it('takes segments over as they were stored, one after the other', () => {
    const bits = new AliveBits(ROWS_PER_SEGMENT)
    bits.restoreSegment(64, Uint32Array.of(0b101, 0x80000000))
    bits.restoreSegment(64, new Uint32Array(0))
    bits.restoreSegment(3, Uint32Array.of(0b110))
    expect(bits).toMatchObject({ rowCount: 131, aliveCount: 5 })
    expect(rowsOf(bits)).toEqual([0, 2, 63, 129, 130])
    bits.setRange(131, 2)
    expect(rowsOf(bits.snapshot())).toEqual([0, 2, 63, 129, 130, 131, 132])
  })

  it('holds nothing for a freed segment, which stays dead while others change', () => {
    const bits = new AliveBits(ROWS_PER_SEGMENT)
    bits.setRange(0, 128)
    const before = bits.snapshot()
    bits.clearRange(64, 64)
    const { byteLength } = bits
    bits.freeSegment(1)
    expect(bits.byteLength).toBe(byteLength - 8)
    expect(bits.segmentWords(1)).toHaveLength(0)
    bits.setRange(128, 10)
    bits.clear(70)
    expect(bits.segmentWords(1)).toHaveLength(0)
    expect(rowsOf(bits)).toEqual(Array.from({ length: 74 }, (_, i) => (i < 64 ? i : i + 64)))
    expect(bits).toMatchObject({ rowCount: 138, aliveCount: 74, deadCount: 64 })
    expect(before.isAlive(70)).toBe(true)
  })

  it('has a mask of no rows before the first that was not freed', () => {
    const bits = new AliveBits(ROWS_PER_SEGMENT)
    bits.setRange(0, 250)
    const before = bits.snapshot()
    bits.clearRange(0, 192)
    bits.freeSegment(1)
    expect(bits.firstRow).toBe(0)
    expect(bits.snapshot().rowMask()).toEqual({
      firstRow: 0,
      mask: Uint32Array.of(0, 0, 0, 0, 0, 0, 0xffffffff, 0x3ffffff),
    })
    bits.freeSegment(0)
    const snapshot = bits.snapshot()
    expect(snapshot.rowMask()).toEqual({
      firstRow: 128,
      mask: Uint32Array.of(0, 0, 0xffffffff, 0x3ffffff),
    })
    bits.freeSegment(2)
    expect(bits.snapshot().rowMask()).toEqual({ firstRow: 192, mask: undefined })
    expect(rowsOfMask(snapshot)).toEqual(rowsOf(bits))
    expect(before.rowMask()).toEqual({ firstRow: 0, mask: undefined })
    expect(rowsOfMask(before)).toHaveLength(250)
  })

  it('agrees with a set of rows, and its snapshots never change', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const bits = new AliveBits(ROWS_PER_SEGMENT)
        const model = new Set<number>()
        const freed = new Set<number>()
        let rowCount = 0
        const snapshots: { readonly view: FrozenAliveBits; readonly rows: number[] }[] = []
        for (const { kind, row, count } of steps) {
          const range = Array.from({ length: count }, (_, i) => row + i)
          if (kind === 'set') {
            bits.setRange(row, count)
            rowCount = Math.max(rowCount, row + count)
            for (const member of range) {
              if (!freed.has(Math.floor(member / ROWS_PER_SEGMENT))) model.add(member)
            }
          } else if (kind === 'clearRange') {
            bits.clearRange(row, count)
            for (const member of range) model.delete(member)
          } else if (kind === 'clear') {
            expect(bits.clear(row)).toBe(model.delete(row))
          } else if (kind === 'cover') {
            bits.cover(row)
            rowCount = Math.max(rowCount, row)
          } else if (kind === 'free') {
            const index = Math.floor(row / ROWS_PER_SEGMENT)
            const first = index * ROWS_PER_SEGMENT
            if (first + ROWS_PER_SEGMENT > rowCount) continue
            bits.clearRange(first, ROWS_PER_SEGMENT)
            bits.freeSegment(index)
            freed.add(index)
            for (let i = 0; i < ROWS_PER_SEGMENT; i++) model.delete(first + i)
          } else {
            snapshots.push({ view: bits.snapshot(), rows: rowsOf(bits) })
          }
          const expected = [...model].sort((a, b) => a - b)
          expect(rowsOf(bits)).toEqual(expected)
          expect(rowsOfWords(bits)).toEqual(expected)
          expect(bits.aliveCount).toBe(model.size)
          expect(bits.deadCount).toBe(rowCount - model.size)
        }
        for (const { view, rows } of snapshots) {
          expect(rowsOf(view)).toEqual(rows)
          expect(rowsOfWords(view)).toEqual(rows)
          expect(rowsOfMask(view)).toEqual(rows)
          expect(view.aliveCount).toBe(rows.length)
        }
      }),
    )
  })
})
