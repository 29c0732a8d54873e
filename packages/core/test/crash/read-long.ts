/** Reads everything that the collections with long rows hold, and checks every byte of it. */

import { expect } from 'vitest'
import {
  type Collection,
  type Database,
  type OpenOptions,
  open,
  type Row,
} from '../../src/index.js'
import { hasSameRows, LONG_ID_KINDS, type LongRows, type LongState } from './long-model.js'
import {
  LONG_DIMENSION,
  LONG_KEY_COUNT,
  type LongIdKind,
  longIdOf,
  longMetadataOf,
  longVectorsOf,
} from './long-rows.mjs'

/** Rows searched for, beside those that are compared one by one. */
const SAMPLE_ROWS = 4

/** The rows of each collection. */
export type FoundRows = Readonly<Record<LongIdKind, LongRows['rows']>>

/** Opens a database, reads it and closes it. */
export async function readLongDatabase(options: OpenOptions): Promise<FoundRows> {
  const database = await open(options)
  try {
    return await readLong(database)
  } finally {
    await database.close()
  }
}

/** Reads the collections; one that was never created counts as empty. */
export async function readLong(database: Database): Promise<FoundRows> {
  const found: Partial<Record<LongIdKind, LongRows['rows']>> = {}
  const names = database.listCollections()
  for (const idKind of LONG_ID_KINDS) {
    found[idKind] = names.includes(idKind)
      ? await readRows(await database.collection(idKind), idKind)
      : new Map()
  }
  return found as FoundRows
}

/** Whether a database has the rows of a state. */
export function hasRowsOf(found: FoundRows, state: LongState): boolean {
  return LONG_ID_KINDS.every((idKind) => hasSameRows(found[idKind], state[idKind].rows))
}

async function readRows(docs: Collection, idKind: LongIdKind): Promise<LongRows['rows']> {
  const rows = new Map<number, number>()
  const wrong: string[] = []
  for await (const row of docs.iterate({ include: ['metadata', 'vector'] })) {
    const [operation = -1, key = -1] = row.vector as Float32Array
    const problem = rows.has(key) ? 'it comes twice' : problemOf(row, idKind)
    if (problem !== undefined) wrong.push(`${idKind} ${key} of operation ${operation}: ${problem}`)
    rows.set(key, operation)
  }
  expect(wrong).toEqual([])
  expect(await docs.count()).toBe(rows.size)
  await checkLookups(docs, idKind, rows)
  await checkSearches(docs, idKind, rows)
  return rows
}

/** What is wrong with a row: everything follows from the first two elements of its vector. */
function problemOf({ id, vector, metadata }: Row, idKind: LongIdKind): string | undefined {
  const [operation = -1, key = -1] = vector as Float32Array
  if (id !== longIdOf(idKind, key)) return `id ${id}`
  if (!isSame(vector as Float32Array, longVectorsOf(operation, [key]))) return 'its vector'
  const expected = longMetadataOf(operation, key)
  return JSON.stringify(metadata) === JSON.stringify(expected) ? undefined : 'its metadata'
}

/** Every row by its id, and ids that have none. */
async function checkLookups(
  docs: Collection,
  idKind: LongIdKind,
  rows: LongRows['rows'],
): Promise<void> {
  const last = idKind === 'assigned' ? Math.max(0, ...rows.keys()) + 100 : LONG_KEY_COUNT
  const keys = Array.from({ length: last }, (_, key) => key + (idKind === 'assigned' ? 1 : 0))
  const ids = keys.map((key) => longIdOf(idKind, key)) as bigint[]
  const found = await docs.get(ids, { include: ['vector'] })
  const operations = found.map((row) => (row?.vector as Float32Array | undefined)?.[0])
  expect(operations).toEqual(keys.map((key) => rows.get(key)))
}

async function checkSearches(
  docs: Collection,
  idKind: LongIdKind,
  rows: LongRows['rows'],
): Promise<void> {
  const all = [...rows]
  const step = Math.max(1, Math.ceil(all.length / SAMPLE_ROWS))
  for (let i = 0; i < all.length; i += step) {
    const [key, operation] = all[i]!
    const hits = await docs.search({ vector: longVectorsOf(operation, [key]), k: 1, exact: true })
    expect(hits.at(0)).toMatchObject({ id: longIdOf(idKind, key), distance: 0 })
    if (operation === 0) continue
    // What an older operation may have written under this key must not be there.
    const older = longVectorsOf(operation - 1, [key])
    const [nearest] = await docs.search({ vector: older, k: 1, exact: true })
    if (rows.get(key) !== operation - 1) expect(nearest?.distance).toBeGreaterThan(0)
  }
}

function isSame(actual: Float32Array, expected: Float32Array): boolean {
  for (let i = 0; i < LONG_DIMENSION; i++) if (actual[i] !== expected[i]) return false
  return actual.length === expected.length
}
