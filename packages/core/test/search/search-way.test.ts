import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CodeView } from '../../src/index/code-view.js'
import { SearchCounts } from '../../src/search/search-counts.js'
import { searchWay } from '../../src/search/search-way.js'

const CODES = { lists: undefined } as CodeView
const LISTS = { lists: {} } as CodeView

describe('searchWay', () => {
  it('goes through lists, else through codes, else through all rows', () => {
    const query = { k: 10, recall: 0.95 }
    expect(searchWay({ visibleRows: 5000, codes: LISTS }, query)).toBe('lists')
    expect(searchWay({ visibleRows: 5000, codes: CODES }, query)).toBe('codes')
    expect(searchWay({ visibleRows: 5000, codes: undefined }, query)).toBe('exact')
    expect(searchWay({ visibleRows: 319, codes: LISTS }, query)).toBe('exact')
    expect(searchWay({ visibleRows: 320, codes: LISTS }, query)).toBe('lists')
  })

  it('compares all rows whenever the answer must be exact', () => {
    const rows = fc.nat(10_000)
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 100 }), (visibleRows, k) => {
        return searchWay({ visibleRows, codes: LISTS }, { k, recall: undefined }) === 'exact'
      }),
    )
  })
})

describe('SearchCounts', () => {
  it('counts each way by itself', () => {
    const counts = new SearchCounts()
    counts.add('lists', 1)
    counts.add('exact', 5)
    counts.add('lists', 2)
    expect(counts.stats()).toEqual({ lists: 3, codes: 0, exact: 5 })
  })
})
