import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SegmentTimes } from '../../../src/collection/retention/segment-times.js'

describe('SegmentTimes', () => {
  it('knows when the newest row of a segment was written', () => {
    const times = new SegmentTimes()
    expect(times.of(3)).toBe(0)
    times.note(2, 40, 100)
    times.note(40, 41, 90)
    expect([times.of(1), times.of(2), times.of(40), times.of(41)]).toEqual([0, 100, 100, 90])
    times.assume(3, 70)
    expect([...times.snapshot(4)]).toEqual([70, 70, 100, 100])
    expect(times.snapshot(60)).toHaveLength(60)
  })

  it('comes back from a snapshot', () => {
    const note = fc.record({
      first: fc.nat({ max: 50 }),
      more: fc.nat({ max: 5 }),
      seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
    })
    const property = fc.property(fc.array(note), (notes) => {
      const times = new SegmentTimes()
      const newest = new Array<number>(56).fill(0)
      for (const { first, more, seconds } of notes) {
        times.note(first, first + more, seconds)
        for (let at = first; at <= first + more; at++) {
          newest[at] = Math.max(newest[at] ?? 0, seconds)
        }
      }
      const again = new SegmentTimes()
      again.note(0, 99, 5)
      again.restore(times.snapshot(56))
      expect(Array.from(newest, (_, segment) => again.of(segment))).toEqual(newest)
      expect(again.of(99)).toBe(0)
    })
    fc.assert(property)
  })
})
