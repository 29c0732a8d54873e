/** What a search by codes promises, whatever the vectors: compared with exact searches. */

import { describe, expect, it } from 'vitest'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { isNative, someCases } from '../support/selected-kernels.js'
import { encodedRowsOf, filled, recallOf } from './search-quality.js'
import { VECTOR_SETS, type VectorSet } from './vector-sets.js'

const CASES = (Object.keys(VECTOR_SETS) as VectorSet[])
  .flatMap((set) => (['cosine', 'dot', 'l2'] as const).map((metric) => [set, metric] as const))
  // Under dot the same few rows are the answer to all queries: chance does not even out.
  .filter(([set, metric]) => set !== 'scaled' || metric !== 'dot')
const DIMENSIONS = isNative ? [33, 383, 384, 385, 768, 1536] : [33, 385]

describe('a search by codes', () => {
  it.each(someCases(8, CASES))('finds what it promises: %s, %s', async (set, metric) => {
    const { collection, queries } = await filled(set, { dimension: 100, metric })
    expect(await encodedRowsOf(collection)).toBe(4000)
    expect(await recallOf(collection, queries, { recall: 0.99 })).toBeGreaterThanOrEqual(0.985)
    expect(await recallOf(collection, queries, {})).toBeGreaterThanOrEqual(0.93)
  })

  it.each(DIMENSIONS)('finds what it promises in %d dimensions', async (dimension) => {
    const { collection, queries } = await filled('clustered', { dimension })
    expect(await encodedRowsOf(collection)).toBe(4000)
    expect(await recallOf(collection, queries, { recall: 0.99 })).toBeGreaterThanOrEqual(0.985)
    expect(await recallOf(collection, queries, { recall: 0.999 })).toBeGreaterThanOrEqual(0.997)
  })

  it.each([1, 7])(
    'compares all rows in %d dimensions: a code would not be shorter',
    async (dimension) => {
      const { collection, queries } = await filled('gaussian', { dimension })
      expect(collection.stats().index).toMatchObject({ encodedRows: 0, memoryBytes: 0 })
      expect(await recallOf(collection, queries, { recall: 0.5 })).toBe(1)
    },
  )

  it('gives all rows when more are asked for than there are', async () => {
    const { collection, queries } = await filled('duplicates', { dimension: 64 }, 1500)
    const hits = await collection.search({ vector: queries[0]!, k: 10_000 })
    expect(hits.length).toBe(1500)
    expect(new Set<unknown>(hits.ids).size).toBe(1500)
  })

  it('gives k rows when all are equally good, the first ones', async () => {
    const { collection, queries } = await filled('equal', { dimension: 64, metric: 'l2' })
    const hits = await collection.search({ vector: queries[0]!, k: 5 })
    expect([...hits.ids]).toEqual([1n, 2n, 3n, 4n, 5n])
  })

  it('holds hits to a least score, also where it is that of all rows', async () => {
    const { collection, queries } = await filled('equal', { dimension: 64 })
    const vector = queries[0]!
    const { scores } = await collection.search({ vector, k: 1, exact: true })
    const minScore = scores[0] ?? 0
    const hits = await collection.search({ vector, k: 4000, minScore })
    expect(hits.length).toBe(4000)
    expect((await collection.search({ vector, minScore: minScore + 1e-3 })).length).toBe(0)
  })

  it('finds those that are left when nearly all rows were deleted', async () => {
    const { collection, queries } = await filled('gaussian', { dimension: 64 })
    const ids = Array.from({ length: 4000 }, (_, i) => i + 1).filter((id) => id % 100 !== 0)
    await collection.delete({ ids })
    const hits = await collection.search({ vector: queries[0]!, k: 100 })
    expect([...hits.ids].sort()).toEqual(
      Array.from({ length: 40 }, (_, i) => BigInt(100 * i + 100)).sort(),
    )
    expect(await recallOf(collection, queries, { recall: 0.99 })).toBeGreaterThanOrEqual(0.985)
  })
})

describe('searches under way at the same time', () => {
  it('have a query each, whatever becomes of the array that it came in', async () => {
    // Each of them waits for the event loop several times.
    const options = { kernels: scalarKernels }
    const { collection, queries } = await filled('gaussian', { dimension: 384 }, 8000, options)
    const asked = queries.slice(0, 8)
    const one: unknown[] = []
    for (const vector of asked) one.push(await collection.search({ vector, exact: true }))
    const all = asked.map((vector) => {
      const own = vector.slice()
      const hits = collection.search({ vector: own, exact: true })
      own.fill(0 as never)
      return hits
    })
    expect(await Promise.all(all)).toEqual(one)
  })
})
