/** How good the answers of a collection are, compared with exact ones. */

import fc from 'fast-check'
import { onTestFinished } from 'vitest'
import {
  type Collection,
  type CollectionSchema,
  type Hits,
  type OpenOptions,
  open,
  type VectorData,
} from '../../src/index.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet, vectorsOf } from './vector-sets.js'

const QUERIES = 200

/** A collection in memory with one set, and vectors of the same set that are not in it. */
export async function filled(
  set: VectorSet,
  schema: CollectionSchema,
  rowCount = 4000,
  options: OpenOptions = {},
): Promise<{ collection: Collection; queries: VectorData[]; rows: VectorData }> {
  const database = await open(options)
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
  return { collection, queries, rows }
}

/** Ends when every whole block of rows has its codes, which writes may leave for later. */
export async function encodedRowsOf(collection: Collection): Promise<number> {
  const { rowCount } = collection.stats().vectors
  const encodedRows = rowCount - (rowCount % 32)
  while (collection.stats().index.encodedRows < encodedRows) await new Promise(setImmediate)
  return collection.stats().index.encodedRows
}

/** The share of an exact answer that another one has. Equal distances are equally good. */
function shareOf(hits: Hits, truth: Hits): number {
  const worst = truth.at(-1)?.distance ?? 0
  const limit = worst + 1e-5 * Math.abs(worst) + 1e-6
  return hits.distances.filter((distance) => distance <= limit).length / Math.max(1, truth.length)
}

/** The share of the true hits that searches find. */
export async function recallOf(
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
