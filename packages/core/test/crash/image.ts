/** Directories of databases as a crash leaves them, and ways to look at them and to damage them. */

import { createHash } from 'node:crypto'
import { cp, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Collection, Database } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** A copy of the directory of an idle database: what a crash at this moment leaves. */
export async function crashImage(database: Database): Promise<string> {
  const directory = await temporaryDirectory()
  await cp(database.path ?? '', directory, { recursive: true })
  // Its holder, this process, runs on.
  await rm(join(directory, 'LOCK'))
  return directory
}

/** Everything in a database, to be compared. */
export async function contentsOf(database: Database): Promise<Record<string, unknown>> {
  const contents: Record<string, unknown> = { lastLsn: database.stats().wal.lastLsn }
  for (const name of database.listCollections()) {
    const collection = await database.collection(name)
    const rows = await rowsOf(collection)
    const { schema, idKind } = collection
    contents[name] = { schema, idKind, count: await collection.count(), rows }
  }
  return contents
}

/** All rows in order, vectors as hexadecimal bytes. */
export async function rowsOf(collection: Collection): Promise<readonly object[]> {
  const rows: object[] = []
  for await (const row of collection.iterate({ include: ['metadata', 'vector'] })) {
    rows.push({ ...row, vector: hexOf(row.vector!) })
  }
  return rows
}

/** The bytes of a vector in hexadecimal. */
export function hexOf(vector: ArrayBufferView): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('hex')
}

/**
 * Path, size, time of change and hash of every file and directory under a directory; but for the
 * table of readers that LMDB keeps beside its file, which is shared memory and no data.
 */
export async function listingOf(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true })
  const names = found.filter((name) => !name.endsWith('data.mdb-lock'))
  const lines = names.map(async (name) => {
    const path = join(directory, name)
    const { size, mtimeNs } = await stat(path, { bigint: true })
    const content = (await stat(path)).isFile() ? await readFile(path) : ''
    const hash = createHash('sha256').update(content).digest('hex')
    return `${name} ${size} ${mtimeNs} ${hash}`
  })
  return (await Promise.all(lines)).sort()
}

/** Changes one bit of a file. */
export async function flipBit(path: string, offset: number): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await handle.read(byte, 0, 1, offset)
    byte[0] = (byte[0] ?? 0) ^ 0x10
    await handle.write(byte, 0, 1, offset)
  } finally {
    await handle.close()
  }
}
