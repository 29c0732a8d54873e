/** Rows that travelled inside the log reach their segments, also after a crash. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it, vi } from 'vitest'
import { type Database, fileWal, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild } from './child-process.js'
import { batchOf, keysOf, SCHEMA, vectorsOf } from './rows.mjs'

const HEADER_BYTES = 4096
const ROW_BYTES = 384 * 4
const RANGE = { firstKey: 5, keyCount: 20, keyStep: 3 }
const KEYS = keysOf(RANGE)

/** Whether the first rows of the collection are in its segment file. */
async function expectInSegment(directory: string, vectors: Float32Array): Promise<void> {
  const file = await readFile(join(directory, 'collections', '000001', 'segments', '00000000.seg'))
  const rows = file.subarray(HEADER_BYTES, HEADER_BYTES + vectors.byteLength)
  expect(rows.equals(Buffer.from(vectors.buffer))).toBe(true)
}

function unspilledBytes(database: Database): number {
  return database.stats().commits.unspilledBytes
}

describe.each([
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const)('small writes on the %s WAL', (wal, createWal) => {
  it('reach their segment in the background', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal: createWal() })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 0, KEYS))
    expect(unspilledBytes(database)).toBe(KEYS.length * ROW_BYTES)
    await vi.waitFor(() => expectInSegment(path, vectorsOf(0, KEYS)), { timeout: 30_000 })
    expect(unspilledBytes(database)).toBe(0)
    await database.close()
  })

  it('reach their segment when the database is closed', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal: createWal() })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 0, KEYS))
    await database.close()
    await expectInSegment(path, vectorsOf(0, KEYS))
  })

  it('reach their segment after a crash and an opening, and are not spilled twice', async () => {
    const directory = await temporaryDirectory()
    const operation = { ...RANGE, number: 0, kind: 'upsert', durability: 'disk', inFlightMax: 1 }
    const failpoint = { point: 'after append', count: 2 }
    const { signal } = await runChild({
      script: 'kill-child.mjs',
      work: { directory, wal, idKind: 'u64', operations: [operation], failpoint },
    })
    expect(signal).toBe('SIGKILL')
    const database = await open({ path: directory, wal: createWal() })
    expect(unspilledBytes(database)).toBe(KEYS.length * ROW_BYTES)
    await vi.waitFor(() => expectInSegment(directory, vectorsOf(0, KEYS)), { timeout: 30_000 })
    await database.close()
    const reopened = await open({ path: directory, wal: createWal() })
    expect(unspilledBytes(reopened)).toBe(0)
    await reopened.close()
  })

  it('of a dropped collection are forgotten', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal: createWal() })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 0, KEYS))
    await database.dropCollection('docs')
    expect(unspilledBytes(database)).toBe(0)
    await database.close()
  })
})
