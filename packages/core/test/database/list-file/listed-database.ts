/** A database on disk with a collection whose lists pay, and what is asked of it. */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  type Collection,
  type Database,
  type Hit,
  type OpenOptions,
  open,
} from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const DIMENSION = 64
export const ROWS = 10_240
export const SCHEMA = { dimension: DIMENSION, metric: 'l2', segmentBytes: 256 * 1024 } as const
/** Rows of a segment of this schema. */
export const ROWS_PER_SEGMENT = 992
export const LIST_FILE = join('collections', '000001', 'lists.idx')

/** A reproducible number from 0 to 1. */
function fraction(seed: number): number {
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d)
  return ((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32
}

/** Rows in 128 heaps. */
export function heaps(firstRow: number, rowCount: number): Float32Array {
  const values = new Float32Array(rowCount * DIMENSION)
  for (let row = 0; row < rowCount; row++) {
    const heap = (firstRow + row) % 128
    for (let i = 0; i < DIMENSION; i++) {
      const noise = fraction((firstRow + row) * DIMENSION + i + 77_777)
      values[row * DIMENSION + i] = 10 * fraction(heap * 7919 + i * 31 + 1) + noise
    }
  }
  return values
}

/** A database that is closed with the test, and its warnings. */
export async function opened(
  options: OpenOptions,
): Promise<{ database: Database; warnings: string[] }> {
  const warnings: string[] = []
  const database = await open({
    checkpoint: false,
    ...options,
    onWarning: ({ message, details }) => warnings.push(`${message}: ${String(details['cause'])}`),
  })
  onTestFinished(() => database.close())
  return { database, warnings }
}

/** A database with lists in memory; nothing of them is on disk yet. */
export async function listed(
  options: OpenOptions = {},
): Promise<{ path: string; database: Database; docs: Collection }> {
  const path = options.path ?? (await temporaryDirectory())
  const { database } = await opened({ ...options, path })
  const docs = await database.collection('docs', SCHEMA)
  const ids = Array.from({ length: ROWS }, (_, i) => i)
  await docs.add({ ids, vectors: heaps(0, ROWS) })
  await docs.optimize()
  return { path, database, docs }
}

/** The hits of some queries. */
export async function hitsOf(docs: Collection, exact = false): Promise<readonly Hit[][]> {
  const found: Hit[][] = []
  for (const row of [5, 1234, 8000, 9000]) {
    const vector = heaps(row, 1)
    const how = exact ? { exact } : { recall: 0.9 }
    found.push([...(await docs.search({ vector, k: 10, ...how }))])
  }
  return found
}

/** Bytes of the list file; 0 where there is none. */
export async function listFileBytes(path: string): Promise<number> {
  const names = await readdir(join(path, 'collections', '000001'))
  return names.includes('lists.idx') ? (await stat(join(path, LIST_FILE))).size : 0
}
