import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentQueries } from '../../src/index/recent-queries.js'

function asked(count: number): RecentQueries {
  const queries = new RecentQueries(4)
  for (let i = 0; i < count; i++) queries.add(new Uint8Array(Uint32Array.of(i).buffer))
  return queries
}

function numbersOf(queries: RecentQueries): number[] {
  return [...new Uint32Array(queries.packed().slice().buffer)]
}

describe('RecentQueries', () => {
  it('remembers the last 256, the last one last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), (count) => {
        const first = Math.max(0, count - 256)
        const last = Array.from({ length: count - first }, (_, i) => first + i)
        expect(numbersOf(asked(count))).toEqual(last)
      }),
    )
  })

  it('is due after 128 queries, and again after twice as many', () => {
    expect(asked(127).isDue).toBe(false)
    const queries = asked(128)
    expect(queries.isDue).toBe(true)
    queries.settle()
    expect(queries.isDue).toBe(false)
    for (let i = 128; i < 255; i++) queries.add(new Uint8Array(4))
    expect(queries.isDue).toBe(false)
    queries.add(new Uint8Array(4))
    expect(queries.isDue).toBe(true)
  })
})
