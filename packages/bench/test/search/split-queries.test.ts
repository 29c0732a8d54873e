import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitQueries } from '../../src/search/split-queries.js'

describe('splitQueries', () => {
  it('makes two sets that have no query in common, and neither is larger than asked for', () => {
    const count = fc.integer({ min: 1, max: 300 })
    fc.assert(
      fc.property(count, count, fc.nat(300), (queryCount, mainMax, earlyMax) => {
        const { main, early } = splitQueries(queryCount, { mainMax, earlyMax })
        expect(main[0]).toBe(0)
        expect(main[1]).toBeGreaterThan(0)
        expect(main[1]).toBeLessThanOrEqual(mainMax)
        expect(early[0]).toBe(main[1])
        expect(early[1] - early[0]).toBeLessThanOrEqual(earlyMax)
        expect(early[1]).toBeLessThanOrEqual(queryCount)
      }),
    )
  })

  it('takes what is wanted where there is enough, and halves what is not', () => {
    const counts = { mainMax: 1000, earlyMax: 200 }
    expect(splitQueries(2000, counts)).toEqual({ main: [0, 1000], early: [1000, 1200] })
    expect(splitQueries(5, counts)).toEqual({ main: [0, 3], early: [3, 5] })
    expect(splitQueries(1, counts)).toEqual({ main: [0, 1], early: [1, 1] })
  })
})
