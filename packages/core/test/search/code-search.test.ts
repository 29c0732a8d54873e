/** What a search by codes promises, whatever the vectors: compared with exact searches. */

import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type Collection,
  type CollectionSchema,
  type Hits,
  open,
  type VectorData,
} from '../../src/index.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet, vectorsOf } from './vector-sets.js'

const CASES = (Object.keys(VECTOR_SETS) as VectorSet[])
  .flatMap((set) => (['cosine', 'dot', 'l2'] as const).map((metric) => [set, metric] as const))
  // Under dot the same few rows are the answer to all queries: chance does not even out.
  .filter(([set, metric]) => set !== 'scaled' || metric !== 'dot')
const QUERIES = 200

/** A collection in memory with one set, and vectors of the same set that are not in it. */
async function filled(set: VectorSet, schema: CollectionSchema, rowCount = 4000) {
  const database = await open()
  onTestFinished(() => database.close())
  const collection = await database.collection('docs', schema)
  const { dimension: width } = schema
  const numbers = new Numbers(fc.sample(fc.integer(), 1)[0] ?? 0)
  const make = VECTOR_SETS[set]()
  const dtype = collection.schema.dtype
  const rows = vectorsOf(dtype, makeRows(make, { rowCount, width, numbers }))
  await collection.add({ vectors: rows })
  const asked = makeRows(make, { rowCount: QUERIES, width, numbers })
  const queries = Array.from({ length: QUERIES }, (_, i) =>
    vectorsOf(dtype, asked.slice(i * width, (i + 1) * width)),
  )
  return { collection, queries }
}

/** The share of an exact answer that another one has. Equal distances are equally good. */
function shareOf(hits: Hits, truth: Hits): number {
  const worst = truth.at(-1)?.distance ?? 0
  const limit = worst + 1e-5 * Math.abs(worst) + 1e-6
  return hits.distances.filter((distance) => distance <= limit).length / Math.max(1, truth.length)
}

async function recallOf(
  collection: Collection,
  queries: readonly VectorData[],
  options: { readonly k?: number; readonly recall?: number; readonly minScore?: number },
): Promise<number> {
  let sum = 0
  for (const query of queries) {
    const { recall, ...rest } = options
    const hits = await collection.search({ vector: query, ...options })
    sum += shareOf(hits, await collection.search({ vector: query, ...rest, exact: true }))
  }
  return sum / queries.length
}

describe('a search by codes', () => {
  it.each(CASES)('finds what it promises: %s, %s', async (set, metric) => {
    const { collection, queries } = await filled(set, { dimension: 100, metric })
    expect(collection.stats().index.encodedRows).toBe(4000)
    expect(await recallOf(collection, queries, { recall: 0.99 })).toBeGreaterThanOrEqual(0.985)
    expect(await recallOf(collection, queries, {})).toBeGreaterThanOrEqual(0.93)
  })

  it.each([33, 384, 385])('finds what it promises in %d dimensions', async (dimension) => {
    const { collection, queries } = await filled('clustered', { dimension })
    expect(collection.stats().index.encodedRows).toBe(4000)
    expect(await recallOf(collection, queries, { recall: 0.99 })).toBeGreaterThanOrEqual(0.985)
    expect(await recallOf(collection, queries, { recall: 0.999 })).toBeGreaterThanOrEqual(0.997)
  })

  it.each([1, 7])(
    'compares all rows in %d dimensions: a code would not be shorter',
    async (dimension) => {
      const { collection, queries } = await filled('gaussian', { dimension })
      expect(collection.stats().index).toEqual({ encodedRows: 0, memoryBytes: 0 })
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
