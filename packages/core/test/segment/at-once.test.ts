import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runAtOnce } from '../../src/segment/at-once.js'

describe('runAtOnce', () => {
  it('runs every task once, no more at a time than it may', async () => {
    const property = fc.asyncProperty(
      fc.nat(30),
      fc.integer({ min: 1, max: 8 }),
      fc.scheduler(),
      async (count, atOnce, scheduler) => {
        const begun: number[] = []
        let underWay = 0
        let peak = 0
        const done = runAtOnce({ count, atOnce }, async (index) => {
          begun.push(index)
          underWay += 1
          peak = Math.max(peak, underWay)
          await scheduler.schedule(Promise.resolve())
          underWay -= 1
        })
        await scheduler.waitFor(done)
        expect(begun).toEqual(Array.from({ length: count }, (_, index) => index))
        expect(peak).toBe(Math.min(count, atOnce))
      },
    )
    await fc.assert(property)
  })

  it('throws the failure of the lowest number, when nothing is under way any more', async () => {
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.nat(19), { minLength: 1 }),
      fc.integer({ min: 1, max: 8 }),
      fc.scheduler(),
      async (bad, atOnce, scheduler) => {
        let underWay = 0
        const done = runAtOnce({ count: 20, atOnce }, async (index) => {
          underWay += 1
          await scheduler.schedule(Promise.resolve())
          underWay -= 1
          if (bad.includes(index)) throw new RangeError(`task ${index}`)
        })
        await expect(scheduler.waitFor(done)).rejects.toThrow(`task ${Math.min(...bad)}`)
        expect(underWay).toBe(0)
      },
    )
    await fc.assert(property)
  })
})
