/** What a database says of its disk space, against what the file system says. */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { type Database, type DiskStats, fileWal, open } from '../../src/index.js'
import { crashImage } from '../crash/image.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { fill, rows, SCHEMA } from './verify/filled-database.js'

const SUFFIXES: Readonly<Record<string, RegExp>> = {
  segmentBytes: /\.seg$/,
  columnBytes: /\.col$/,
  listBytes: /lists\.idx$/,
  logBytes: /\.log$|data\.mdb$/,
  checkpointBytes: /\.checkpoint$/,
  recycledBytes: /\.free$/,
}

/** The same sums, by the lengths of files. */
async function measured({ path = '' }: Database): Promise<Partial<DiskStats>> {
  const sums: Record<string, number> = { totalBytes: 0 }
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  for (const [key, suffix] of Object.entries(SUFFIXES)) {
    sums[key] = 0
    for (const entry of entries) {
      if (!entry.isFile() || !suffix.test(entry.name)) continue
      sums[key] += (await stat(join(entry.parentPath, entry.name))).size
    }
    sums['totalBytes'] = (sums['totalBytes'] ?? 0) + sums[key]
  }
  return sums
}

async function expectMeasured(database: Database): Promise<DiskStats> {
  const { disk } = database.stats()
  expect(disk).toEqual(await measured(database))
  return disk
}

describe.each([
  { name: 'file', wal: fileWal({ segmentBytesMax: 100_000 }) },
  { name: 'lmdb', wal: lmdbWal({ mapBytes: 16 * 1024 * 1024 }) },
])('disk space with the $name log', ({ wal }) => {
  it('is told to the byte, after writes, checkpoints, drops and freed segments', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal, checkpoint: false })
    await expectMeasured(database)
    await fill(database)
    await database.verify()
    const { listBytes, ...filled } = await expectMeasured(database)
    // So few rows have none.
    expect(listBytes).toBe(0)
    for (const byteLength of Object.values(filled)) expect(byteLength).toBeGreaterThan(0)
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(rows(0, 80))
    await database.checkpoint()
    await expectMeasured(database)
    await docs.upsert(rows(0, 80))
    await database.dropCollection('numbered')
    await expectMeasured(database)
    await docs.reserve(100)
    await expectMeasured(database)
    await database.checkpoint()
    await expectMeasured(database)
    await database.close()
  })

  it('is told after reopening, for reading only or after a crash', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal, checkpoint: false })
    await fill(database)
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(rows(0, 80))
    await database.verify()
    const image = await crashImage(database)
    await database.close()
    const readOnly = await open({ path: image, wal, readOnly: true })
    await expectMeasured(readOnly)
    await readOnly.close()
    const again = await open({ path: image, wal, checkpoint: false })
    await expectMeasured(again)
    await again.checkpoint()
    await expectMeasured(again)
    await again.close()
  })
})

describe('the checkpoint in the stats', () => {
  it('is the newest one, with the bytes of log behind it', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, checkpoint: false })
    expect(database.stats().checkpoint).toEqual({ number: 0, lsn: 0n, loggedBytes: 0 })
    const docs = await database.collection('docs', SCHEMA)
    await docs.add(rows(0, 1))
    expect(database.stats().checkpoint).toMatchObject({ number: 0, lsn: 0n })
    expect(database.stats().checkpoint.loggedBytes).toBeGreaterThan(8000)
    await database.checkpoint()
    expect(database.stats().checkpoint).toEqual({ number: 1, lsn: 2n, loggedBytes: 0 })
    await docs.add(rows(1, 1))
    const { checkpoint } = database.stats()
    expect(checkpoint).toMatchObject({ number: 1, lsn: 2n })
    await database.close()
    const again = await open({ path, readOnly: true })
    expect(again.stats().checkpoint).toEqual(checkpoint)
    await again.close()
  })

  it('has no number in memory, and nothing is on disk', async () => {
    const database = await open()
    await (await database.collection('docs', SCHEMA)).add(rows(0, 40))
    await database.checkpoint()
    const { checkpoint, disk } = database.stats()
    expect(checkpoint).toEqual({ number: 0, lsn: 2n, loggedBytes: 0 })
    expect(new Set(Object.values(disk))).toEqual(new Set([0]))
    await database.close()
  })
})

describe('stats as JSON', () => {
  it('has LSNs as decimal strings, on the whole and in parts', async () => {
    const path = await temporaryDirectory()
    await using database = await open({ path, checkpoint: false })
    const docs = await database.collection('docs', { dimension: 3 })
    await docs.add({ ids: [1n], vectors: [[1, 2, 3]] })
    const heard: unknown[] = []
    database.on('checkpoint', (event) => heard.push(JSON.parse(JSON.stringify(event))))
    await database.checkpoint()
    const stats = database.stats()
    expect(JSON.parse(JSON.stringify(stats))).toMatchObject({
      path,
      wal: { name: 'file', lastLsn: '2' },
      commits: { rows: 1, visibleLsn: '2', durableLsn: '2' },
      checkpoint: { number: 1, lsn: '2' },
      collections: { docs: { rows: 1 } },
    })
    expect(stats.commits.visibleLsn).toBe(2n)
    expect(JSON.stringify(stats.checkpoint)).toContain('"lsn":"2"')
    expect(JSON.parse(JSON.stringify(docs.stats()))).toMatchObject({ rows: 1, idKind: 'u64' })
    expect(heard).toMatchObject([{ number: 1, lsn: '2' }])
  })
})

describe('search stats', () => {
  it('count answered queries by their way, and no others', async () => {
    await using database = await open()
    const docs = await database.collection('docs', { dimension: 256, metric: 'l2' })
    const rows = Float32Array.from({ length: 4096 * 256 }, (_, i) => (i * 7919) % 1009)
    await docs.add({ vectors: rows })
    const vector = rows.subarray(0, 256)
    await docs.search({ vector })
    await docs.search({ vector, exact: true })
    await docs.searchMany({ vectors: [vector, vector] })
    await docs.searchMany({ vectors: [] })
    await expect(docs.search({ vector: [1] })).rejects.toThrow('256')
    const signal = AbortSignal.abort()
    await expect(docs.search({ vector, signal })).rejects.toThrow('search')
    const { timings, searches } = database.stats()
    expect(searches).toEqual({ lists: 0, codes: 3, exact: 1 })
    expect(timings.search.count).toBe(2)
    expect(timings.search.totalMs).toBeGreaterThan(0)
    expect(timings.searchMany.count).toBe(1)
  })
})
