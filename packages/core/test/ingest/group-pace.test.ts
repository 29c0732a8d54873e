import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GroupPace } from '../../src/ingest/group-pace.js'

describe('the pace of groups', () => {
  it('lets a lone writer go at once', () => {
    const pace = new GroupPace()
    expect(pace.waitMs(1, 0)).toBeLessThanOrEqual(0)
    pace.note({ count: 1, waiting: 0, appendMs: 8, endMs: 100 })
    expect(pace.waitMs(1, 100)).toBeLessThanOrEqual(0)
  })

  it('waits a quarter of an append for those who wrote when the last group ended', () => {
    const pace = new GroupPace()
    pace.note({ count: 3, waiting: 2, appendMs: 8, endMs: 100 })
    expect(pace.waitMs(4, 100)).toBe(2)
    expect(pace.waitMs(4, 101.5)).toBe(0.5)
    expect(pace.waitMs(5, 100)).toBe(0)
    expect(pace.waitMs(4, 102)).toBeLessThanOrEqual(0)
  })

  it('waits once for a writer that does not come again', () => {
    const pace = new GroupPace()
    pace.note({ count: 2, waiting: 0, appendMs: 8, endMs: 100 })
    expect(pace.waitMs(1, 100)).toBe(2)
    pace.note({ count: 1, waiting: 0, appendMs: 8, endMs: 110 })
    expect(pace.waitMs(1, 110)).toBe(0)
  })

  it('follows appends that become slower, and waits for no more than 10 ms', () => {
    const pace = new GroupPace()
    const waits = Array.from({ length: 60 }, (_, group) => {
      pace.note({ count: 2, waiting: 0, appendMs: group < 20 ? 4 : 80, endMs: 0 })
      return pace.waitMs(1, 0)
    })
    expect(waits[19]).toBe(1)
    expect(waits[20]).toBeLessThan(waits[59] ?? 0)
    expect(waits[59]).toBe(10)
  })

  it('never waits longer than a quarter of the slowest append', () => {
    const group = fc.record({
      count: fc.nat(100),
      waiting: fc.nat(100),
      appendMs: fc.double({ min: 0, max: 50, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(group, { minLength: 1 }), fc.nat(100), (groups, waiting) => {
        const pace = new GroupPace()
        for (const one of groups) pace.note({ ...one, endMs: 7 })
        const slowest = Math.max(...groups.map(({ appendMs }) => appendMs))
        expect(pace.waitMs(waiting, 7)).toBeLessThanOrEqual(Math.min(10, slowest / 4) + 1e-9)
      }),
    )
  })
})
