/** Small collections that are capped. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { vi } from 'vitest'
import {
  type Collection,
  type Database,
  type OpenOptions,
  open,
  type RetentionSchema,
} from '../../../src/index.js'

/** 32 rows of 1,900 float32 numbers fill the smallest segment. */
export const DIMENSION = 1900
/** Those rows. */
export const SEGMENT_ROWS = 32
/** Segments are small. */
export const SCHEMA = { dimension: DIMENSION, metric: 'l2', segmentBytes: 256 * 1024 } as const

const databases: Database[] = []

/** Ends what a test began. */
export async function closeAll(): Promise<void> {
  vi.useRealTimers()
  for (const database of databases.splice(0)) await database.close()
}

/** A database that `closeAll` closes. */
export async function openIn(options: OpenOptions = {}): Promise<Database> {
  const database = await open(options)
  databases.push(database)
  return database
}

/** One with a capped collection. */
export async function capped(
  retention: RetentionSchema,
  options: OpenOptions = {},
): Promise<{ database: Database; docs: Collection }> {
  const database = await openIn(options)
  return { database, docs: await database.collection('docs', { ...SCHEMA, retention }) }
}

/** Adds rows with ids from `first` on; every element of a vector is the id. */
export async function add(docs: Collection, first: number, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => BigInt(first + i))
  const vectors = ids.map((id) => new Float32Array(DIMENSION).fill(Number(id)))
  await docs.add({ ids, vectors, metadata: ids.map((id) => ({ id: Number(id) })) })
}

/** The ids of all rows, in order. */
export async function idsOf(database: Database, docs: Collection): Promise<number[]> {
  // Evictions under way are in the log before this.
  await database.flush()
  const ids: number[] = []
  for await (const { id } of docs.iterate()) ids.push(Number(id))
  return ids
}

/** Memory goes in the background, once reads that look at it have ended. */
export async function segmentsLeft(docs: Collection, count: number): Promise<void> {
  while (docs.stats().vectors.segmentCount > count) await nextTurn()
}

/** Numbers from one up to another. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
