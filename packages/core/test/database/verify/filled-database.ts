/** A small database with a file of every sort: for tests that check all of them, or damage one. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Batch, type Database, type OpenOptions, open } from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

/** 32 rows of 8,000 bytes fill a segment of 256 KiB. */
export const SCHEMA = { dimension: 2000, metric: 'l2', segmentBytes: 256 * 1024 } as const
export const ROWS_PER_SEGMENT = 32
export const ROW_BYTES = 8000
export const SEGMENTS = join('collections', '000001', 'segments')
export const COLUMNS = join('collections', '000001', 'columns')

/** Rows with u64 ids from `firstId` on; every third has metadata. */
export function rows(firstId: number, count: number): Batch {
  const ids = Array.from({ length: count }, (_, i) => firstId + i)
  const metadata = ids.map((id) => (id % 3 === 0 ? { id, text: 'x'.repeat(id % 50) } : null))
  return { ids, vectors: vectors(firstId, count), metadata }
}

/** Vectors that differ from each other. */
export function vectors(seed: number, count: number): Float32Array {
  const values = new Float32Array(count * SCHEMA.dimension)
  for (let i = 0; i < values.length; i++) values[i] = ((seed * 7919 + i * 31) % 9973) + 1
  return values
}

/**
 * Fills a database: collections of every kind of ids, one that was dropped, segments that were
 * freed, files for re-use, two checkpoints, and rows and deletes after them.
 */
export async function fill(database: Database): Promise<void> {
  const docs = await database.collection('docs', SCHEMA)
  const texts = await database.collection('texts', SCHEMA)
  const numbered = await database.collection('numbered', SCHEMA)
  const gone = await database.collection('gone', SCHEMA)
  await docs.add(rows(0, 80))
  await texts.add({ ids: ['a', 'b', 'c'], vectors: vectors(1, 3) })
  await numbered.add({ vectors: vectors(2, 40) })
  await gone.add(rows(0, 40))
  await database.checkpoint()
  await database.dropCollection('gone')
  await docs.upsert(rows(0, 32))
  await texts.add({ ids: ['d'], vectors: vectors(4, 1), metadata: [{ last: true }] })
  await database.checkpoint()
  await docs.add(rows(200, 1))
  await docs.add(rows(300, 30))
  await docs.delete({ ids: [40, 41] })
}

/** Opens a filled database that the running test closes. */
export async function openFilled(options: OpenOptions = {}): Promise<Database> {
  const path = await temporaryDirectory()
  const database = await open({ path, checkpoint: false, ...options })
  onTestFinished(() => database.close())
  await fill(database)
  return database
}

/** All files below a directory, relative to it, sorted. */
export async function filesBelow(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort()
}

/** Those of them that lie in a directory. */
export async function filesIn(path: string, ...names: string[]): Promise<readonly string[]> {
  const directory = join(...names)
  const files = await filesBelow(join(path, directory))
  return files.map((name) => join(directory, name))
}
