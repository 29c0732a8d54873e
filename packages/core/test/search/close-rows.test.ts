/**
 * Rows so close to each other, compared with how far they are from zero or from their mean, that
 * what is rounded on the way is as large as what tells them apart.
 */

import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { open } from '../../src/index.js'
import { countFor } from '../support/selected-kernels.js'
import { IndexedRows } from './indexed-rows.js'
import { Numbers } from './vector-sets.js'

const DIMENSION = 64
const ROWS = 8500
const QUERIES = countFor({ native: 300, scalar: 100 })
/** What so many queries find at least when 0.99 is asked for: chance takes some. */
const ALMOST_ALL = 0.98

/** The same rows for the same seed, and queries that are like them. */
function drawn(width: number, centres: number, middle: number) {
  const numbers = new Numbers(fc.sample(fc.integer(), 1)[0] ?? 0)
  const gaussian = (count: number) => Float64Array.from({ length: count }, () => numbers.gaussian())
  const places = gaussian(centres * DIMENSION)
  const rowsLike = (count: number): Float32Array => {
    const rows = gaussian(count * DIMENSION)
    for (let row = 0; row < count; row++) {
      const place = numbers.below(centres) * DIMENSION
      for (let i = 0; i < DIMENSION; i++) {
        const at = row * DIMENSION + i
        rows[at] = middle + places[place + i]! + width * rows[at]!
      }
    }
    return Float32Array.from(rows)
  }
  const rows = rowsLike(ROWS)
  const asked = rowsLike(QUERIES)
  const queries = Array.from({ length: QUERIES }, (_, i) =>
    asked.slice(i * DIMENSION, (i + 1) * DIMENSION),
  )
  return { rows, queries }
}

it.each([0.03, 0.01, 0.003])('clusters are searched, their width is %s', async (width) => {
  const { rows, queries } = drawn(width, 40, 0)
  const indexed = await IndexedRows.create({
    dtype: 'float32',
    dimension: DIMENSION,
    metric: 'l2',
  })
  await indexed.add(rows)
  await indexed.optimize()
  const recall = await indexed.recallOf(queries, { k: 10, recall: 0.99 })
  expect(recall).toBeGreaterThanOrEqual(ALMOST_ALL)
})

it.each([300, 3000])('rows that point the same way are told apart, moved by %s', async (middle) => {
  const { rows, queries } = drawn(1, 1, middle)
  const database = await open()
  onTestFinished(() => database.close())
  const collection = await database.collection('docs', { dimension: DIMENSION })
  await collection.add({ vectors: rows })
  let found = 0
  for (const vector of queries) {
    const truth = new Set<unknown>((await collection.search({ vector, exact: true })).ids)
    const hits = await collection.search({ vector, recall: 0.99 })
    for (const id of hits.ids) if (truth.has(id)) found += 1
  }
  expect(found / (10 * QUERIES)).toBeGreaterThanOrEqual(ALMOST_ALL)
})
