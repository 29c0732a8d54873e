import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowTimes } from '../../../src/collection/retention/row-times.js'

const ROWS_PER_SEGMENT = 32
const STRETCH_MS = 1000

describe('RowTimes', () => {
  it('knows before when rows were written, to a stretch of time', () => {
    const times = new RowTimes(ROWS_PER_SEGMENT)
    expect(times.oldestMs()).toBeUndefined()
    times.note(3, 5100, STRETCH_MS)
    times.note(9, 5900, STRETCH_MS)
    times.note(12, 6000, STRETCH_MS)
    expect(times.markCount).toBe(2)
    expect(times.oldestMs()).toBe(5900)
    expect([5900, 5901, 6000, 6001].map((ms) => times.rowWrittenBefore(ms))).toEqual([0, 9, 9, 12])
    times.forget(4)
    expect(times.oldestMs()).toBe(5900)
    times.forget(9)
    expect(times.oldestMs()).toBe(6000)
    times.forget(12)
    expect(times.oldestMs()).toBeUndefined()
  })

  it('tells the rows of a segment from those of the next, however long a stretch is', () => {
    const times = new RowTimes(ROWS_PER_SEGMENT)
    times.note(20, 1000, Number.POSITIVE_INFINITY)
    times.note(70, 2000, Number.POSITIVE_INFINITY)
    times.note(80, 3000, Number.POSITIVE_INFINITY)
    expect(times.markCount).toBe(2)
    expect([...times.snapshot(80).seconds]).toEqual([2, 2, 3])
    expect(times.rowWrittenBefore(2001)).toBe(64)
  })

  it('gives rows without a time that of the rows before, where there is one', () => {
    const times = new RowTimes(ROWS_PER_SEGMENT)
    times.note(5, 0, STRETCH_MS)
    expect(times.markCount).toBe(0)
    times.note(6, 7000, STRETCH_MS)
    times.note(8, 0, STRETCH_MS)
    expect(times.rowWrittenBefore(7001)).toBe(8)
  })

  it('takes the newest time of a segment where a checkpoint says no more', () => {
    const times = new RowTimes(ROWS_PER_SEGMENT)
    const marks = new Uint32Array(0)
    times.restore(70, { seconds: Uint32Array.of(0, 6, 8), marks })
    expect([6000, 6001, 8001].map((ms) => times.rowWrittenBefore(ms))).toEqual([0, 64, 70])
    times.restore(70, { seconds: Uint32Array.of(6, 0, 0), marks })
    expect(times.rowWrittenBefore(9001)).toBe(32)
  })

  it('has few marks, however much is written and forgotten', () => {
    const times = new RowTimes(ROWS_PER_SEGMENT)
    let most = 0
    for (let row = 1; row < 100_000; row++) {
      times.note(row, 1e12 + row * 100, STRETCH_MS)
      times.forget(times.rowWrittenBefore(1e12 + row * 100 - 16 * STRETCH_MS))
      most = Math.max(most, times.markCount)
    }
    // Sixteen stretches, one that fills and one that ends, and the ends of five segments.
    expect(most).toBeLessThanOrEqual(23)
  })

  it('never says too soon, comes back from a snapshot, and leaves out what went', () => {
    const note = fc.record({
      rows: fc.integer({ min: 1, max: 100 }),
      laterMs: fc.integer({ min: -2000, max: 5000 }),
      gone: fc.nat({ max: 60 }),
    })
    const stretches = fc.constantFrom(1, 250, STRETCH_MS, 20_000, Number.POSITIVE_INFINITY)
    const property = fc.property(fc.array(note), stretches, (notes, stretchMs) => {
      const times = new RowTimes(ROWS_PER_SEGMENT)
      const written: number[] = []
      let nowMs = 1e12
      let gone = 0
      for (const { rows, laterMs, gone: more } of notes) {
        nowMs += laterMs
        for (let i = 0; i < rows; i++) written.push(Math.max(nowMs, written.at(-1) ?? 0))
        times.note(written.length, nowMs, stretchMs)
        gone = Math.min(written.length, gone + more)
        times.forget(gone)
      }
      const again = new RowTimes(ROWS_PER_SEGMENT)
      again.note(999, 5, stretchMs)
      again.restore(written.length, times.snapshot(written.length))
      again.forget(gone)
      for (const ms of new Set(written)) {
        const row = times.rowWrittenBefore(ms + 1)
        expect(written.slice(0, row).every((each) => each <= ms)).toBe(true)
        const missed = written.slice(Math.max(row, gone)).filter((each) => each <= ms)
        // Some of those written at `ms` share their mark with later ones of the same stretch.
        expect(missed.every((each) => ms - each < stretchMs)).toBe(true)
        const rounded = again.rowWrittenBefore(ms + 1)
        expect(rounded).toBeLessThanOrEqual(row)
        expect(again.rowWrittenBefore(ms + 1001)).toBeGreaterThanOrEqual(row)
      }
      expect(times.oldestMs() === undefined).toBe(gone === written.length)
    })
    fc.assert(property)
  })
})
