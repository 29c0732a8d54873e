/** Databases of small segments, rows to fill writers with, and ways to look at all there is. */

import { expect, onTestFinished } from 'vitest'
import {
  type Collection,
  type Database,
  type OpenOptions,
  open,
  type VectorWriter,
} from '../../src/index.js'

export const KIB = 1024
/** A row is 1 KiB, and a segment has 224 rows at most. */
export const SCHEMA = {
  dimension: 256,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 256 * KIB,
} as const

export async function openDatabase(options: OpenOptions = {}): Promise<Database> {
  const database = await open(options)
  onTestFinished(() => database.close())
  return database
}

export async function openDocs(
  options?: OpenOptions,
): Promise<{ database: Database; docs: Collection }> {
  const database = await openDatabase(options)
  return { database, docs: await database.collection('docs', SCHEMA) }
}

/** Fills all rows of a writer with packed rows. */
export function fillWith(writer: VectorWriter, bytes: Uint8Array): void {
  const stride = bytes.length / writer.rowCount
  for (const { row, rowCount, vectors } of writer.spans) {
    const { buffer, byteOffset, byteLength } = vectors
    expect(byteLength).toBe(rowCount * stride)
    const room = new Uint8Array(buffer, byteOffset, byteLength)
    room.set(bytes.subarray(row * stride, (row + rowCount) * stride))
  }
}

/** Fills a writer of float32; every element of row r is `first + r`. */
export function fillCounting(writer: VectorWriter, first = 0): void {
  for (const { row, vectors } of writer.spans) {
    for (let i = 0; i < vectors.length; i++) {
      vectors[i] = first + row + Math.floor(i / SCHEMA.dimension)
    }
  }
}

export function counting(from: number, to: number): Float32Array {
  const { dimension } = SCHEMA
  return Float32Array.from({ length: (to - from) * dimension }, (_, i) => {
    return from + Math.floor(i / dimension)
  })
}

/** 2 KiB for each row. */
export function longMetadata(rowCount: number): { n: number; text: string }[] {
  return Array.from({ length: rowCount }, (_, n) => ({ n, text: 'x'.repeat(2 * KIB) }))
}

export async function everything(docs: Collection): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of docs.iterate({ include: ['vector', 'metadata'] })) rows.push(row)
  return rows
}

/** All vectors as packed rows, and the last id. */
export async function packed(docs: Collection): Promise<{ bytes: Uint8Array; lastId: unknown }> {
  const parts: Uint8Array[] = []
  let lastId: unknown
  for await (const { id, vector } of docs.iterate({ include: ['vector'] })) {
    const { buffer, byteOffset, byteLength } = vector as Float32Array
    parts.push(new Uint8Array(buffer, byteOffset, byteLength))
    lastId = id
  }
  return { bytes: Buffer.concat(parts), lastId }
}

/** Lets everything happen that can without the test. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, settle().then(() => false)])
}
