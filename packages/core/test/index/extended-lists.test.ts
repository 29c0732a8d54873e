/** Lists that rows were added to take nothing from the lists before but numbers. */

import { expect, it } from 'vitest'
import { IndexedRows } from '../search/indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS } from '../search/vector-sets.js'

const DIMENSION = 64
const SCHEMA = { dtype: 'float32', dimension: DIMENSION, metric: 'cosine' } as const
const ROWS = 20_000
const MORE = 8192

it('searches go on finding rows once the memory of the lists before is gone', async () => {
  const request = { rowCount: ROWS + MORE, width: DIMENSION, numbers: new Numbers(3) }
  const vectors = Float32Array.from(makeRows(VECTOR_SETS.clustered(), request))
  const indexed = await IndexedRows.create(SCHEMA)
  await indexed.add(vectors.subarray(0, ROWS * DIMENSION))
  await indexed.optimize()
  const before = indexed.index.set!.lists
  const centroids = before.centroids.slice()
  const blocks = before.centroidBlocks.slice()
  await indexed.add(vectors.subarray(ROWS * DIMENSION))
  await indexed.maintain()
  const { lists } = indexed.index.set!
  expect(lists.rowCount).toBe(ROWS + MORE)
  expect(lists.clusteredRows).toBe(ROWS)
  // Memory is overwritten when it is given back.
  expect(new Uint8Array(before.chunks[0]!.slice(0, 8))).toEqual(new Uint8Array(8).fill(0xff))
  expect(lists.centroids).toEqual(centroids)
  expect(lists.centroidBlocks).toEqual(blocks)
  const queries = Array.from({ length: 50 }, (_, i) => {
    const row = 500 * i
    return vectors.slice(row * DIMENSION, (row + 1) * DIMENSION)
  })
  expect(await indexed.recallOf(queries, { k: 10, recall: 0.95 })).toBeGreaterThan(0.93)
})
