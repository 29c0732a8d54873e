import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CodeView } from '../../src/index/code-view.js'
import { SearchCounts } from '../../src/search/search-counts.js'
import { searchWay } from '../../src/search/search-way.js'

const CODES = { lists: undefined } as CodeView
const LISTS = { lists: {} } as CodeView
const ROWS = {
  visibleRows: 5000,
  store: { stride: 384, rowsPerSegment: 32, segment: () => expect.fail('it looks at no row') },
}

describe('searchWay', () => {
  it('goes through lists, else through codes, else through all rows', () => {
    const query = { k: 10, recall: 0.95 }
    expect(searchWay({ ...ROWS, codes: LISTS }, query)).toBe('lists')
    expect(searchWay({ ...ROWS, codes: CODES }, query)).toBe('codes')
    expect(searchWay({ ...ROWS, codes: undefined }, query)).toBe('exact')
  })

  it('compares all rows where the answer is more than a 32nd of them', () => {
    const query = { k: 10, recall: 0.95 }
    expect(searchWay({ ...ROWS, visibleRows: 319, codes: LISTS }, query)).toBe('exact')
    expect(searchWay({ ...ROWS, visibleRows: 320, codes: LISTS }, query)).toBe('lists')
    const many = { k: 1000, recall: 0.95 }
    expect(searchWay({ ...ROWS, visibleRows: 32_000, codes: CODES }, many)).toBe('codes')
  })

  it('compares all rows where many hits take all lists, the sooner the shorter rows are', () => {
    const waysOf = (stride: number, hits: readonly number[]): string[] => {
      const store = { ...ROWS.store, stride }
      const rows = { store, visibleRows: 96_000, codes: LISTS }
      return hits.map((k) => searchWay(rows, { k, recall: 0.95 }))
    }
    // 72 KiB of rows for each hit, or 48 rows where that is more.
    expect(waysOf(384, [500, 501])).toEqual(['lists', 'exact'])
    expect(waysOf(4096, [2000, 2001])).toEqual(['lists', 'exact'])
    expect(waysOf(72, [100, 101])).toEqual(['lists', 'exact'])
  })

  it('compares all rows whenever the answer must be exact', () => {
    const rows = fc.nat(10_000)
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 100 }), (visibleRows, k) => {
        const view = { ...ROWS, visibleRows, codes: LISTS }
        return searchWay(view, { k, recall: undefined }) === 'exact'
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
