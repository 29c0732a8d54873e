/** Rows, queries about them, and threads that answer. */

import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, onTestFinished } from 'vitest'
import { elementsPerRow } from '../../../src/index.js'
import type { NearestRows } from '../../../src/kernels/nearest-heap.js'
import type { Queries } from '../../../src/search/many/answer-queries.js'
import { QueryTurns } from '../../../src/search/many/query-turns.js'
import { memoryOf } from '../../../src/search/many/search-memory.js'
import { SearchPool, type SearchPoolOptions } from '../../../src/search/many/search-pool.js'
import { startSearchWorker } from '../../../src/search/many/search-thread.js'
import type { SearchTask } from '../../../src/search/many/thread-messages.js'
import { nearestRows } from '../../../src/search/nearest-rows.js'
import { kernels } from '../../support/selected-kernels.js'
import { IndexedRows, type RowSchema } from '../indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet, vectorsOf } from '../vector-sets.js'

export const ROWS = 8500
export const COUNT = 60
export const SCHEMA = { dtype: 'float32', dimension: 64, metric: 'cosine' } as const

/** What is asked for, beside the queries. */
export type Kind = Pick<Queries, 'k' | 'recall' | 'distanceMax'>

export const KINDS: Readonly<Record<string, Kind>> = {
  usual: { k: 10, recall: 0.95, distanceMax: Number.POSITIVE_INFINITY },
  surer: { k: 100, recall: 0.99, distanceMax: Number.POSITIVE_INFINITY },
  exact: { k: 10, recall: undefined, distanceMax: Number.POSITIVE_INFINITY },
  near: { k: 50, recall: 0.9, distanceMax: 0.25 },
  everything: { k: 10_000, recall: 0.9, distanceMax: Number.POSITIVE_INFINITY },
}

export function pool(options: Partial<SearchPoolOptions> = {}): SearchPool {
  const made = new SearchPool({ kernels, areKernelsSelected: true, threadsMax: 2, ...options })
  onTestFinished(() => made.close())
  return made
}

/** A pool whose threads are known. */
export function watched(options: Partial<SearchPoolOptions> = {}) {
  const workers: Worker[] = []
  const startWorker: SearchPoolOptions['startWorker'] = (wanted) => {
    const worker = startSearchWorker(wanted)
    workers.push(worker)
    return worker
  }
  return { workers, searches: pool({ startWorker, ...options }) }
}

export function vectors(set: VectorSet, { dtype, dimension }: RowSchema, rowCount: number) {
  const numbers = new Numbers(fc.sample(fc.integer(), 1)[0] ?? 0)
  const width = elementsPerRow(dtype, dimension)
  const made = makeRows(VECTOR_SETS[set](), { rowCount, width, numbers })
  // As bits, half floats are no less good than other numbers, as long as they are finite.
  return dtype === 'float16' || dtype === 'bfloat16'
    ? Uint16Array.from(made, (value) => 0x3000 + (Math.floor(1000 * Math.abs(value)) & 0x7ff))
    : vectorsOf(dtype, made)
}

export async function filled(schema: RowSchema = SCHEMA, set: VectorSet = 'clustered') {
  const indexed = await IndexedRows.create(schema, kernels)
  const rows = vectors(set, schema, ROWS)
  await indexed.add(rows)
  return { indexed, rows }
}

/** Queries: rows and what is like them. */
export function queriesOf(
  indexed: IndexedRows,
  schema: RowSchema,
  kind: Kind,
  count = COUNT,
): Queries {
  const { stride } = indexed.store
  const packed = new Uint8Array(new SharedArrayBuffer(count * stride))
  const made = vectors('clustered', schema, count)
  packed.set(new Uint8Array(made.buffer, made.byteOffset, made.byteLength))
  packed.set(indexed.store.segment(0).bytes.subarray(0, Math.floor(count / 2) * stride))
  return { ...kind, vectors: packed, count }
}

/** What threads are given, and the view it is of. */
export function taskOf(indexed: IndexedRows, queries: Queries) {
  const { view, codes } = indexed.view()
  const turns = new QueryTurns(queries.count, 3)
  const memory = memoryOf(view, codes, queries)
  const task: SearchTask = { memory, queries, turns: turns.state, runLength: 3 }
  return { task, turns, view, end: () => codes?.end() }
}

/** What searches on this thread find. */
export async function foundHere(indexed: IndexedRows, queries: Queries): Promise<NearestRows[]> {
  const { view, codes } = indexed.view()
  const { stride } = indexed.store
  const found: NearestRows[] = []
  for (let i = 0; i < queries.count; i++) {
    const vector = queries.vectors.subarray(i * stride, (i + 1) * stride)
    const { k, recall, distanceMax } = queries
    const query = { vector, k, recall, distanceMax, checkpoint: () => undefined }
    found.push(await nearestRows(kernels, view, query))
  }
  codes?.end()
  return found
}

/** What threads find, and nobody else. */
export async function foundBy(
  searches: SearchPool,
  indexed: IndexedRows,
  queries: Queries,
): Promise<NearestRows[]> {
  const { task, end } = taskOf(indexed, queries)
  const found: NearestRows[] = []
  await searches.run(task, (from, some) => {
    some.forEach((nearest, i) => {
      found[from + i] = nearest
    })
  })
  end()
  return found
}

export function expectSame(found: readonly NearestRows[], right: readonly NearestRows[]): void {
  expect(found.length).toBe(right.length)
  right.forEach(({ rows, distances }, i) => {
    expect(found[i]?.rows).toEqual(rows)
    expect(found[i]?.distances).toEqual(distances)
  })
}
