/** What checkpoints do for a database: a short log, a short opening, space of dead rows back. */

import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import {
  type Collection,
  type Database,
  fileWal,
  open,
  StorageError,
  type WalFactory,
} from '../../../src/index.js'
import { contentsOf, crashImage, flipBit } from '../../crash/image.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

/** 32 rows of 8,000 bytes fill a segment of 256 KiB. */
const SCHEMA = { dimension: 2000, metric: 'l2', segmentBytes: 256 * 1024 } as const
const ROWS_PER_SEGMENT = 32

function rows(firstId: number, count: number): { ids: number[]; vectors: Float32Array } {
  const ids = Array.from({ length: count }, (_, i) => firstId + i)
  const vectors = new Float32Array(count * SCHEMA.dimension)
  for (let i = 0; i < vectors.length; i++) vectors[i] = (firstId + i) % 997
  return { ids, vectors }
}

async function openDocs(
  path: string | undefined,
  checkpoint?: false | { logBytesMax: number },
): Promise<{ database: Database; docs: Collection }> {
  const where = path === undefined ? {} : { path }
  const database = await open({ ...where, ...(checkpoint === undefined ? {} : { checkpoint }) })
  return { database, docs: await database.collection('docs', SCHEMA) }
}

async function filesIn(path: string, ...names: string[]): Promise<string[]> {
  return (await readdir(join(path, ...names)).catch(() => [])).sort()
}

async function firstLsnAfterReopen(path: string): Promise<bigint> {
  const database = await open({ path, readOnly: true })
  const { firstLsn } = database.stats().wal
  await database.close()
  return firstLsn
}

describe('a checkpoint', () => {
  it('cuts the log behind the one before it', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await openDocs(path, false)
    for (let i = 0; i < 10; i++) await docs.add(rows(i, 1))
    await database.checkpoint()
    expect(database.stats().wal.firstLsn).toBe(1n)
    await docs.add(rows(100, 1))
    await database.checkpoint()
    expect(database.stats().wal).toMatchObject({ firstLsn: 12n, lastLsn: 12n })
    expect(await filesIn(path, 'checkpoints')).toEqual([
      '0000000001.checkpoint',
      '0000000002.checkpoint',
      'manifest.json',
    ])
    await database.close()
    expect(await firstLsnAfterReopen(path)).toBe(12n)
  })

  it('is made by itself after so many bytes of log, while writes go on', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await openDocs(path, { logBytesMax: 50_000 })
    const numbers: number[] = []
    database.on('checkpoint', ({ number }) => numbers.push(number))
    for (let i = 0; i < 60; i++) await docs.add(rows(i, 1))
    await vi.waitUntil(() => numbers.length >= 3)
    expect(database.stats().wal.firstLsn).toBeGreaterThan(1n)
    const before = await contentsOf(database)
    await database.close()
    const again = await open({ path })
    expect(await contentsOf(again)).toEqual(before)
    await again.close()
  })

  it('is not made when nothing was written since the last one', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await openDocs(path)
    await docs.add(rows(1, 3))
    await database.checkpoint()
    await database.checkpoint()
    await database.close()
    expect(await filesIn(path, 'checkpoints')).toEqual(['0000000001.checkpoint', 'manifest.json'])
  })

  it('cuts the log of a database in memory, too', async () => {
    const { database, docs } = await openDocs(undefined, { logBytesMax: 10_000 })
    for (let i = 0; i < 20; i++) await docs.add(rows(i, 1))
    await vi.waitUntil(() => database.stats().wal.firstLsn > 10n)
    expect(await docs.count()).toBe(20)
    await database.close()
  })

  it('that is damaged costs nothing: the one before and the log have it all', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await openDocs(path, false)
    await docs.add(rows(0, 40))
    await database.checkpoint()
    await docs.upsert(rows(20, 40))
    await database.checkpoint()
    await docs.delete({ ids: [1, 2, 3] })
    const expected = await contentsOf(database)
    const image = await crashImage(database)
    await database.close()
    await flipBit(join(image, 'checkpoints', '0000000002.checkpoint'), 60)
    const warnings: string[] = []
    const again = await open({ path: image, onWarning: ({ message }) => warnings.push(message) })
    expect(await contentsOf(again)).toEqual(expected)
    expect(warnings).toEqual([expect.stringContaining('replayed from checkpoint 1')])
    await again.close()
    const healed = await open({ path: image, onWarning: ({ message }) => warnings.push(message) })
    expect(await contentsOf(healed)).toEqual({ ...expected })
    expect(warnings).toHaveLength(1)
    await healed.close()
  })
})

describe('a checkpoint that fails', () => {
  it('is tried again, without another write, and tells how much log there is', async () => {
    const path = await temporaryDirectory()
    const warnings: string[] = []
    const database = await open({
      path,
      checkpoint: { intervalMs: 5 },
      onWarning: ({ message }) => warnings.push(message),
    })
    // Where the directory of checkpoints has to be.
    await writeFile(join(path, 'checkpoints'), 'in the way')
    const docs = await database.collection('docs', SCHEMA)
    await docs.add(rows(1, 1))
    await vi.waitUntil(() => warnings.length > 0)
    expect(warnings[0]).toContain('a checkpoint failed')
    expect(database.stats().checkpoint.loggedBytes).toBeGreaterThan(0)
    await rm(join(path, 'checkpoints'))
    await vi.waitUntil(() => database.stats().checkpoint.number > 0)
    expect(database.stats().checkpoint.loggedBytes).toBe(0)
    await database.close()
  })

  it('when it cuts the log, poisons: nobody knows where the log begins', async () => {
    const inner = fileWal()
    const wal: WalFactory = {
      name: inner.name,
      open: async (context) => {
        const log = await inner.open(context)
        log.truncateBefore = () => Promise.reject(new StorageError('SLUICE_IO', 'not today'))
        return log
      },
    }
    const database = await open({ path: await temporaryDirectory(), wal, checkpoint: false })
    const docs = await database.collection('docs', SCHEMA)
    await docs.add(rows(1, 1))
    await database.checkpoint()
    await docs.add(rows(2, 1))
    await expect(database.checkpoint()).rejects.toMatchObject({ code: 'SLUICE_IO' })
    expect(database.stats().state).toBe('poisoned')
    expect(await docs.count()).toBe(2)
    await database.close()
    const again = await open({ path: database.path ?? '' })
    expect(await (await again.collection('docs')).count()).toBe(2)
    await again.close()
  })
})

describe('segments whose rows are all dead', () => {
  it('give memory and files back, and their files are used again', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await openDocs(path, false)
    await docs.upsert(rows(0, 3 * ROWS_PER_SEGMENT))
    await docs.upsert(rows(0, 3 * ROWS_PER_SEGMENT))
    const { memoryBytes } = docs.stats().vectors
    await database.checkpoint()
    expect(docs.stats().vectors.memoryBytes).toBe(memoryBytes - 3 * SCHEMA.segmentBytes)
    const segments = ['00000003.seg', '00000004.seg', '00000005.seg']
    expect(await filesIn(path, 'collections', '000001', 'segments')).toEqual(segments)
    expect(await filesIn(path, 'collections', '000001', 'columns')).toEqual(
      segments.map((name) => name.replace('seg', 'col')),
    )
    expect(await filesIn(path, 'recycled')).toHaveLength(3)
    await docs.add(rows(1000, 2 * ROWS_PER_SEGMENT))
    expect(await filesIn(path, 'recycled')).toHaveLength(1)
    const expected = await contentsOf(database)
    await database.close()
    const again = await open({ path })
    expect(await contentsOf(again)).toEqual(expected)
    await again.close()
  })

  it.each(['deleted', 'replaced'])(
    'come back by themselves, memory and files, soon after rows were %s',
    async (how) => {
      const path = await temporaryDirectory()
      const { database, docs } = await openDocs(path)
      const written = rows(0, 4 * ROWS_PER_SEGMENT)
      await docs.upsert(written)
      const { memoryBytes } = docs.stats().vectors
      if (how === 'deleted') await docs.delete({ ids: written.ids })
      else await docs.upsert(written)
      // The segment that takes the next rows stays.
      const left = how === 'deleted' ? ['00000003.seg'] : [4, 5, 6, 7].map((i) => `0000000${i}.seg`)
      await vi.waitUntil(
        async () => {
          const files = await filesIn(path, 'collections', '000001', 'segments')
          return files.join() === left.join()
        },
        { timeout: 30_000 },
      )
      const freed = how === 'deleted' ? 3 : 0
      expect(docs.stats().vectors.memoryBytes).toBe(memoryBytes - freed * SCHEMA.segmentBytes)
      expect(await docs.count()).toBe(how === 'deleted' ? 0 : written.ids.length)
      await database.close()
    },
  )

  it('give memory back by themselves in memory, too', async () => {
    const { database, docs } = await openDocs(undefined)
    const { ids, vectors } = rows(0, 4 * ROWS_PER_SEGMENT)
    await docs.add({ ids, vectors })
    await docs.delete({ ids })
    await vi.waitUntil(() => docs.stats().vectors.segmentCount === 1, { timeout: 30_000 })
    expect(docs.stats().deadRows).toBe(ROWS_PER_SEGMENT)
    await database.close()
  })

  it('stay in memory as long as a walk may come to them', async () => {
    const { database, docs } = await openDocs(undefined, false)
    await docs.upsert(rows(0, 2 * ROWS_PER_SEGMENT))
    const walk = docs.iterate({ include: ['vector'] })
    await walk.next()
    await docs.upsert(rows(0, 2 * ROWS_PER_SEGMENT))
    await database.checkpoint()
    const { memoryBytes } = docs.stats().vectors
    const seen: (bigint | string)[] = []
    for await (const { id } of walk) seen.push(id)
    expect(seen).toHaveLength(2 * ROWS_PER_SEGMENT - 1)
    await vi.waitUntil(() => docs.stats().vectors.memoryBytes < memoryBytes)
    expect(await docs.count()).toBe(2 * ROWS_PER_SEGMENT)
    await database.close()
  })

  it('make room for a write that would be refused otherwise', async () => {
    const database = await open({ memoryBytesMax: 3 * 1024 * 1024, checkpoint: false })
    const docs = await database.collection('docs', SCHEMA)
    for (let i = 0; i < 30; i++) await docs.upsert(rows(0, ROWS_PER_SEGMENT))
    expect(await docs.count()).toBe(ROWS_PER_SEGMENT)
    await database.close()
  })

  it('make room as soon as the reads under way have ended', async () => {
    const database = await open({ memoryBytesMax: 3 * 1024 * 1024, checkpoint: false })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(rows(0, ROWS_PER_SEGMENT))
    const walk = docs.iterate()
    await walk.next()
    const writes = Array.from({ length: 15 }, () => docs.upsert(rows(0, ROWS_PER_SEGMENT)))
    await vi.waitUntil(() => database.stats().queue.waiting > 0)
    await walk.return()
    await Promise.all(writes)
    expect(await docs.count()).toBe(ROWS_PER_SEGMENT)
    await database.close()
  })

  it('are of no help to a write that there is no room for at all', async () => {
    const database = await open({ memoryBytesMax: 3 * 1024 * 1024, checkpoint: false })
    const docs = await database.collection('docs', SCHEMA)
    let added = 0
    const fill = async (): Promise<void> => {
      for (; added < 3000; added += ROWS_PER_SEGMENT) await docs.add(rows(added, ROWS_PER_SEGMENT))
    }
    await expect(fill()).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(await docs.count()).toBe(added)
    expect(added).toBeGreaterThan(3 * ROWS_PER_SEGMENT)
    await database.close()
  })
})
