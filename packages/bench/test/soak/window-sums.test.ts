import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WindowSums } from '../../src/soak/window-sums.js'

const GRID = { originMs: 1000, windowMs: 100, count: 10 }

function valuesOf(sums: WindowSums): number[] {
  return Array.from({ length: GRID.count }, (_, index) => sums.at(index))
}

describe('WindowSums', () => {
  it('adds an instant to the window that it is in', () => {
    const sums = new WindowSums(GRID)
    sums.add(1000, 1)
    sums.add(1099.9, 2)
    sums.add(1900, 4)
    expect(valuesOf(sums)).toEqual([3, 0, 0, 0, 0, 0, 0, 0, 0, 4])
  })

  it('shares a span among the windows that it is in', () => {
    const sums = new WindowSums(GRID)
    sums.spread(1150, 1350, 40)
    expect(valuesOf(sums).slice(0, 5)).toEqual([0, 10, 20, 10, 0])
    sums.cover(1050, 1110)
    expect(valuesOf(sums).slice(0, 3)).toEqual([50, 20, 20])
  })

  it('leaves out what is before the first window and after the last', () => {
    const sums = new WindowSums(GRID)
    sums.add(999, 1)
    sums.add(2000, 1)
    sums.cover(900, 1010)
    sums.cover(1990, 2500)
    expect(valuesOf(sums)).toEqual([10, 0, 0, 0, 0, 0, 0, 0, 0, 10])
  })

  it('counts a span of no length where it is', () => {
    const sums = new WindowSums(GRID)
    sums.spread(1234, 1234, 7)
    expect(sums.at(2)).toBe(7)
  })

  it('keeps all of what lies within', () => {
    const instant = fc.double({ min: 1000, max: 1999.9, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(instant, instant, fc.nat(1000))), (spans) => {
        const sums = new WindowSums(GRID)
        for (const [a, b, value] of spans) sums.spread(Math.min(a, b), Math.max(a, b), value)
        const total = valuesOf(sums).reduce((sum, value) => sum + value, 0)
        expect(total).toBeCloseTo(
          spans.reduce((sum, [, , value]) => sum + value, 0),
          3,
        )
      }),
    )
  })
})
