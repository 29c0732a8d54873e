import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SearchCost } from '../../../src/contract/index.js'
import type { SearchPlan } from '../../../src/index/calibration/calibration.js'
import type { ListStep } from '../../../src/index/calibration/list-steps.js'
import { nanoseconds, SearchCosts } from '../../../src/index/calibration/search-costs.js'

const SHAPE = { entryBytes: 64, rowBytes: 1536 }
const ROWS_PER_LIST = 256

/** What a search of real rows costs that compares hardly more rows in more lists. */
function costOf(lists: number, eps: number): SearchCost {
  return { lists, scanned: ROWS_PER_LIST * lists, compared: Math.round(40 * eps) }
}

/** As if lists were as far apart as their numbers. */
function stepOf(lists: number): ListStep {
  return { lists, probes: 3 * lists, reach: lists }
}

it('plans with more lists than were tried cost no less than they do, or much more', async () => {
  const step = async (): Promise<void> => undefined
  const searcher = {
    search: (_: Uint8Array, { reach, eps }: SearchPlan) => costOf(reach, eps),
  }
  const queries = [{ vector: new Uint8Array(1), row: 0 }]
  const tried = fc.integer({ min: 16, max: 1000 })
  const more = fc.integer({ min: 1, max: 50 })
  const check = async (listsMax: number, times: number, eps: number): Promise<void> => {
    const costs = new SearchCosts(10, SHAPE)
    const steps = Array.from({ length: listsMax }, (_, i) => stepOf(i + 1))
    await costs.measure(searcher, { queries, steps }, step)
    const lists = listsMax * times
    const spent = nanoseconds(costOf(lists, eps), SHAPE)
    expect(costs.of(lists, eps)).toBeGreaterThan(0.99 * spent)
    // In proportion to those that were tried: rows that are compared are counted again.
    const inProportion = times * nanoseconds(costOf(listsMax, eps), SHAPE)
    expect(costs.of(lists, eps) / inProportion).toBeCloseTo(1, 9)
  }
  const anyEps = fc.constantFrom(0.8, 1.4, 2, 2.8)
  await fc.assert(fc.asyncProperty(tried, more, anyEps, check))
})
