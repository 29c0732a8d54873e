/** Lists of a collection whose oldest rows go: until none of their rows is left. */

import { expect, it } from 'vitest'
import { IndexedRows } from './indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS } from './vector-sets.js'

const ROWS = 8500
const DIMENSION = 96
const WANTED = { k: 10, recall: 0.99 } as const

it('lists whose rows were all freed are gone, and rows that came since are found', async () => {
  const numbers = new Numbers(3)
  const make = VECTOR_SETS.clustered()
  const more = (rowCount: number): Float32Array =>
    Float32Array.from(makeRows(make, { rowCount, width: DIMENSION, numbers }))
  const packed = more(50)
  const queries = Array.from({ length: 50 }, (_, i) =>
    packed.slice(i * DIMENSION, (i + 1) * DIMENSION),
  )
  const schema = { dtype: 'float32', dimension: DIMENSION, metric: 'cosine' } as const
  const indexed = await IndexedRows.create(schema)
  const { index, store, alive } = indexed
  await indexed.add(more(ROWS))
  await indexed.optimize()
  const listed = Math.ceil(index.stats().listedRows / store.rowsPerSegment)
  await indexed.add(more(ROWS))
  await store.flush(indexed.rowCount)
  for (let segment = 0; segment < listed; segment++) {
    expect(index.stats().lists).toBeGreaterThan(0)
    alive.clearRange(segment * store.rowsPerSegment, store.rowsPerSegment)
    index.freeSegment(segment)
    store.freeSegmentMemory(segment)
    alive.freeSegment(segment)
  }
  const left = indexed.rowCount - listed * store.rowsPerSegment
  expect(index.stats()).toMatchObject({ lists: 0, listedRows: 0 })
  expect(index.stats().encodedRows).toBeGreaterThan(left - 64)
  expect(await indexed.recallOf(queries, WANTED)).toBeGreaterThan(0.97)
  await indexed.add(more(ROWS))
  await indexed.optimize()
  expect(index.stats().lists).toBeGreaterThan(0)
  expect(await indexed.recallOf(queries, WANTED)).toBeGreaterThan(0.97)
})
