/** Reads everything a collection holds, by every way there is, and checks that they agree. */

import { expect } from 'vitest'
import { type Collection, type Database, type OpenOptions, open } from '../../src/index.js'
import type { OperationByKey } from './expected-rows.js'
import { type CrashIdKind, DIMENSION, idOf, vectorsOf } from './rows.mjs'

/** Rows looked up and searched for, beside those that are compared one by one. */
const SAMPLE_ROWS = 12

/** What was found. */
export interface FoundState {
  readonly rows: OperationByKey
  /** `key:operation` in the order of insertion. */
  readonly order: readonly string[]
  /** The last record that counts. A log that is only read may hold some that are lost. */
  readonly lastLsn: bigint
}

/** Opens a database, reads its collection `docs` and closes it. */
export async function readDatabase(options: OpenOptions, idKind: CrashIdKind): Promise<FoundState> {
  const database = await open(options)
  try {
    const state = await readState(database, idKind)
    if (options.readOnly !== true) expect(database.stats().wal.lastLsn).toBe(state.lastLsn)
    return state
  } finally {
    await database.close()
  }
}

/** Reads the collection `docs`; one that was never created counts as empty. */
export async function readState(database: Database, idKind: CrashIdKind): Promise<FoundState> {
  const { visibleLsn: lastLsn } = database.stats().commits
  if (!database.listCollections().includes('docs')) return { rows: new Map(), order: [], lastLsn }
  const docs = await database.collection('docs')
  const rows = new Map<number, number>()
  const order: string[] = []
  for await (const row of docs.iterate({ include: ['metadata', 'vector'] })) {
    const { operation, key } = row.metadata as { operation: number; key: number }
    expect(row.id).toBe(idOf(idKind, key))
    expect(rows.has(key), `key ${key} comes twice`).toBe(false)
    const isExact = isSame(row.vector as Float32Array, vectorsOf(operation, [key]))
    expect(isExact, `the vector of key ${key}, operation ${operation}`).toBe(true)
    rows.set(key, operation)
    order.push(`${key}:${operation}`)
  }
  expect(await docs.count()).toBe(rows.size)
  await checkLookups(docs, idKind, rows)
  await checkSearches(docs, idKind, rows)
  return { rows, order, lastLsn }
}

/** Every row by its id, and ids between them that have none. */
async function checkLookups(
  docs: Collection,
  idKind: CrashIdKind,
  rows: OperationByKey,
): Promise<void> {
  const keys = Array.from({ length: 4096 }, (_, key) => key)
  const found = await docs.get(keys.map((key) => idOf(idKind, key)) as bigint[])
  const operations = found.map((row) => row?.metadata?.['operation'])
  expect(operations).toEqual(keys.map((key) => rows.get(key)))
}

async function checkSearches(
  docs: Collection,
  idKind: CrashIdKind,
  rows: OperationByKey,
): Promise<void> {
  const all = [...rows]
  const step = Math.max(1, Math.ceil(all.length / SAMPLE_ROWS))
  for (let i = 0; i < all.length; i += step) {
    const [key, operation] = all[i]!
    const hits = await docs.search({ vector: vectorsOf(operation, [key]), k: 1, exact: true })
    expect(hits.at(0)).toMatchObject({ id: idOf(idKind, key), distance: 0 })
  }
}

function isSame(actual: Float32Array, expected: Float32Array): boolean {
  for (let i = 0; i < DIMENSION; i++) if (actual[i] !== expected[i]) return false
  return actual.length === expected.length
}
