import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SearchCost } from '../../../src/contract/index.js'
import type { SearchPlan } from '../../../src/index/calibration/calibration.js'
import { nanoseconds, SearchCosts } from '../../../src/index/calibration/search-costs.js'

const SHAPE = { entryBytes: 64, rowBytes: 1536 }
const ROWS_PER_LIST = 256

/** What a search of real rows costs that compares hardly more rows in more lists. */
function costOf({ probes, eps }: SearchPlan): SearchCost {
  return { lists: probes, scanned: ROWS_PER_LIST * probes, compared: Math.round(40 * eps) }
}

it('plans with more lists than were tried cost no less than they do, or much more', async () => {
  const step = async (): Promise<void> => undefined
  const searcher = { search: (_: Uint8Array, plan: SearchPlan) => costOf(plan) }
  const queries = [{ vector: new Uint8Array(1), row: 0 }]
  const tried = fc.integer({ min: 16, max: 1000 })
  const more = fc.integer({ min: 1, max: 50 })
  const check = async (probesMax: number, times: number, eps: number): Promise<void> => {
    const costs = new SearchCosts(10, SHAPE)
    await costs.measure(searcher, { queries, probesMax }, step)
    const probes = probesMax * times
    const spent = nanoseconds(costOf({ probes, eps }), SHAPE)
    expect(costs.of(probes, eps)).toBeGreaterThan(0.99 * spent)
    // Of 16 lists the rows compared cost two thirds, which a plan with more does not pay again.
    expect(costs.of(probes, eps)).toBeLessThan(3.2 * spent)
  }
  const anyEps = fc.constantFrom(0.8, 1.4, 2, 2.8)
  await fc.assert(fc.asyncProperty(tried, more, anyEps, check))
})
