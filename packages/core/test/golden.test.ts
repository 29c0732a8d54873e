/**
 * Databases of earlier releases, in `golden/`, open for ever: whatever is changed, these stay. A
 * directory of a new format is added by `scripts/make-golden.mjs` and never made again.
 */

import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import {
  type CollectionSchema,
  type Database,
  fileWal,
  type OpenOptions,
  open,
  type Row,
} from '../src/index.js'
import { listingOf } from './crash/image.js'
import { temporaryDirectory } from './support/temporary-directory.js'

const GOLDEN = fileURLToPath(new URL('golden', import.meta.url))
const NAMES = (await readdir(GOLDEN)).filter((name) => name.endsWith('.gz'))

/** What a golden directory must hold. */
interface Expected {
  readonly wal: 'file' | 'lmdb'
  readonly lastLsn: string
  readonly collections: Readonly<Record<string, ExpectedCollection>>
}

interface ExpectedCollection {
  readonly schema: object
  /** The next id, where the collection assigns them. */
  readonly nextId?: string
  /** In order. `sha256` is that of the vector, the first 32 digits. */
  readonly rows: readonly { readonly id: string; readonly metadata?: object; sha256: string }[]
}

async function expectedOf(name: string): Promise<Expected> {
  return JSON.parse(await readFile(join(GOLDEN, name.replace(/gz$/, 'json')), 'utf8'))
}

/** A length, a list of files as JSON, then their bytes; all of it compressed. */
async function unpack(name: string): Promise<string> {
  const bytes = gunzipSync(await readFile(join(GOLDEN, name)))
  let at = 4 + bytes.readUInt32LE(0)
  const directory = await temporaryDirectory()
  for (const { path, byteLength } of JSON.parse(bytes.toString('utf8', 4, at))) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), bytes.subarray(at, at + byteLength))
    at += byteLength
  }
  expect(at).toBe(bytes.length)
  return directory
}

async function openGolden(
  path: string,
  { wal }: Expected,
  more: OpenOptions = {},
): Promise<Database> {
  const onWarning = ({ message }: { readonly message: string }): never => expect.fail(message)
  return open({ path, wal: wal === 'lmdb' ? lmdbWal() : fileWal(), onWarning, ...more })
}

async function checkContents(database: Database, { collections }: Expected): Promise<void> {
  expect([...database.listCollections()].sort()).toEqual(Object.keys(collections).sort())
  for (const [name, { schema, rows }] of Object.entries(collections)) {
    const collection = await database.collection(name, schema as CollectionSchema)
    // What the first releases did not store has its default.
    expect(collection.schema).toEqual({ index: { type: 'codes' }, ...schema })
    expect(await collection.count()).toBe(rows.length)
    const found: Row[] = []
    for await (const row of collection.iterate({ include: ['metadata', 'vector'] })) found.push(row)
    expect(found.map(describeRow)).toEqual(rows)
    if (found.length === 0) continue
    const got = await collection.get(found.map(({ id }) => id) as bigint[])
    expect(got.map((row) => row?.id)).toEqual(found.map(({ id }) => id))
    for (const { id, vector } of found.slice(0, 20)) {
      const hits = await collection.search({ vector: vector!, k: 3, exact: true })
      if (collection.schema.metric !== 'dot') expect([...hits.ids]).toContainEqual(id)
    }
  }
}

/** All files; but for the directory of the log, in which LMDB makes its table of readers. */
async function filesIn(path: string): Promise<readonly string[]> {
  return (await listingOf(path)).filter((line) => !line.startsWith('wal '))
}

function describeRow({ id, metadata, vector }: Row): object {
  const { buffer, byteOffset, byteLength } = vector!
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
  const sha256 = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
  return { id: String(id), ...(metadata ? { metadata } : {}), sha256 }
}

describe.each(NAMES)('%s', (name) => {
  it('opens to be read, is whole, and is not changed by it', async () => {
    const path = await unpack(name)
    const expected = await expectedOf(name)
    const before = await filesIn(path)
    const database = await openGolden(path, expected, { readOnly: true })
    await checkContents(database, expected)
    expect(String(database.stats().wal.lastLsn)).toBe(expected.lastLsn)
    expect((await database.verify()).problems).toEqual([])
    await database.close()
    expect(await filesIn(path)).toEqual(before)
  })

  it('opens to be written, and goes on where it was', async () => {
    const path = await unpack(name)
    const expected = await expectedOf(name)
    const database = await openGolden(path, expected)
    await checkContents(database, expected)
    for (const [collectionName, { nextId, rows }] of Object.entries(expected.collections)) {
      const collection = await database.collection(collectionName)
      if (nextId === undefined) continue
      const [row] = (await collection.get([rows[0]!.id].map(BigInt), {
        include: ['vector'],
      })) as Row[]
      const { firstId } = await collection.add({ vectors: [row!.vector!] as never })
      expect(String(firstId)).toBe(nextId)
      await collection.delete({ ids: [firstId!] })
    }
    await database.checkpoint()
    await database.close()
    const reopened = await openGolden(path, expected)
    await checkContents(reopened, expected)
    expect((await reopened.verify()).problems).toEqual([])
    await reopened.close()
  })
})

it('there is one for each WAL', () => {
  expect(NAMES).toEqual(expect.arrayContaining(['format-1-file.gz', 'format-1-lmdb.gz']))
})
