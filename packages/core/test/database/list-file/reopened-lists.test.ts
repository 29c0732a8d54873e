/** Lists in the life of a database: written with checkpoints, there again at the next opening. */

import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Database, OpenOptions } from '../../../src/index.js'
import { crashImage, flipBit } from '../../crash/image.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import {
  heaps,
  hitsOf,
  LIST_FILE,
  listed,
  listFileBytes,
  opened,
  ROWS,
  ROWS_PER_SEGMENT,
  SCHEMA,
} from './listed-database.js'

/** How many lists a database has right after it was opened, before anything else can happen. */
async function reopened(options: OpenOptions) {
  const { database, warnings } = await opened(options)
  const { lists, listedRows } = database.stats().collections['docs']!.index
  const docs = await database.collection('docs')
  return { database, warnings, docs, lists, listedRows }
}

function listsOf(database: Database): number {
  return database.stats().collections['docs']!.index.lists
}

describe('lists of a database', () => {
  it('are there at once when it is opened again, and give the same hits', async () => {
    const { path, database, docs } = await listed()
    const lists = listsOf(database)
    expect(lists).toBeGreaterThan(60)
    const before = await hitsOf(docs)
    await database.checkpoint()
    await database.close()
    for (const readOnly of [true, false]) {
      const again = await reopened({ path, readOnly })
      expect(again).toMatchObject({ lists, listedRows: ROWS, warnings: [] })
      expect(await hitsOf(again.docs)).toEqual(before)
      await again.database.close()
    }
  })

  it('are written once, also where nothing else is new', async () => {
    const { path, database } = await listed()
    await database.checkpoint()
    const written = await stat(join(path, LIST_FILE), { bigint: true })
    const docs = await database.collection('docs')
    await docs.delete({ ids: [3] })
    await database.checkpoint()
    expect((await stat(join(path, LIST_FILE), { bigint: true })).mtimeNs).toBe(written.mtimeNs)
    await docs.add({ ids: [ROWS], vectors: heaps(ROWS, 1) })
    await database.checkpoint()
    await docs.optimize()
    await database.checkpoint()
    expect((await stat(join(path, LIST_FILE), { bigint: true })).ino).not.toBe(written.ino)
    await database.close()
    const again = await reopened({ path })
    await again.database.checkpoint()
    await again.database.close()
    expect(again.lists).toBeGreaterThan(0)
  })

  it('are written when the database is closed, if it makes checkpoints by itself', async () => {
    const checkpoint = { intervalMs: 600_000 }
    const { path, database } = await listed({ checkpoint })
    expect(await listFileBytes(path)).toBe(0)
    await database.close()
    expect((await reopened({ path })).lists).toBeGreaterThan(0)
  })

  it('are written soon after they were made, without another write', async () => {
    const { path, database, docs } = await listed({ checkpoint: { intervalMs: 20 } })
    while (database.stats().disk.listBytes === 0) await new Promise(setImmediate)
    await rm(join(path, LIST_FILE))
    await docs.delete({ ids: [1] })
    await docs.optimize()
    while ((await listFileBytes(path)) === 0) await new Promise(setImmediate)
  })

  it('stay true while rows come, change and go, also after a crash', async () => {
    const { database, docs } = await listed()
    await database.checkpoint()
    const gone = Array.from({ length: ROWS_PER_SEGMENT + 500 }, (_, i) => i)
    await docs.delete({ ids: gone })
    await docs.upsert({ ids: [8000, 8001], vectors: heaps(20_000, 2) })
    await docs.add({ ids: [12_000, 12_001, 12_002], vectors: heaps(12_000, 3) })
    const check = async (image: string): Promise<void> => {
      const again = await reopened({ path: image })
      expect(again.lists).toBeGreaterThan(0)
      expect(again.warnings).toEqual([])
      expect(await hitsOf(again.docs, true)).toEqual(await hitsOf(docs, true))
      for (const [row, id] of [
        [20_001, 8001],
        [9002, 9002],
        [4000, 4000],
      ] as const) {
        const { ids } = await again.docs.search({ vector: heaps(row, 1), k: 1 })
        expect(Number(ids[0])).toBe(id)
      }
      const ids = (await hitsOf(again.docs)).flat().map(({ id }) => Number(id))
      expect(ids.filter((id) => id < gone.length)).toEqual([])
      await again.docs.optimize()
      expect(listsOf(again.database)).toBeGreaterThan(0)
    }
    await check(await crashImage(database))
    // The first segment is freed.
    await database.checkpoint()
    expect(database.stats().collections['docs']?.vectors.rowCount).toBeGreaterThan(0)
    await check(await crashImage(database))
  })

  it('are whole, however many checkpoints are made while they are replaced', async () => {
    const { path, database, docs } = await listed()
    const ids = Array.from({ length: 64 }, (_, i) => ROWS + i)
    await docs.add({ ids, vectors: heaps(ROWS, 64) })
    // Checkpoints are captured all the while that lists are made, and when they are replaced.
    const checkpoints: Promise<void>[] = [database.checkpoint()]
    await docs.optimize({ onProgress: () => checkpoints.push(database.checkpoint()) })
    checkpoints.push(docs.delete({ ids: [7] }).then(() => database.checkpoint()))
    await Promise.all(checkpoints)
    const image = await reopened({ path: await crashImage(database) })
    expect(image.warnings).toEqual([])
    expect(image.listedRows).toBe(ROWS + 64)
    expect(await hitsOf(image.docs, true)).toEqual(await hitsOf(docs, true))
    await database.close()
    expect((await reopened({ path })).listedRows).toBe(ROWS + 64)
  })

  it('go with their collection', async () => {
    const { path, database } = await listed()
    await database.checkpoint()
    expect(database.stats().disk.listBytes).toBe(await listFileBytes(path))
    const { totalBytes } = database.stats().disk
    await database.dropCollection('docs')
    expect(database.stats().disk.listBytes).toBe(0)
    expect(database.stats().disk.totalBytes).toBeLessThan(totalBytes)
    await expect(stat(join(path, LIST_FILE))).rejects.toThrow('ENOENT')
  })

  it('are left out where memory does not suffice, and stay on disk', async () => {
    const { path, database } = await listed()
    await database.checkpoint()
    const { memory } = database.stats()
    await database.close()
    const lists = await listFileBytes(path)
    const memoryBytesMax = memory.budget.usedBytes - lists
    const again = await reopened({ path, memoryBytesMax })
    expect(again.lists).toBe(0)
    expect(again.warnings[0]).toMatch('there is no memory for its lists')
    expect((await hitsOf(again.docs)).flat()).toHaveLength(40)
    expect(again.database.stats().disk.listBytes).toBe(lists)
    await again.database.close()
    expect((await reopened({ path })).lists).toBeGreaterThan(0)
  })
})

describe('a list file that is wrong', () => {
  it('is a warning wherever it is damaged; answers stay right and lists come again', async () => {
    const { path, database, docs } = await listed()
    const exact = await hitsOf(docs, true)
    await database.checkpoint()
    await database.close()
    const file = join(path, LIST_FILE)
    const whole = await readFile(file)
    const last = whole.length - 1
    const places = fc.oneof(fc.nat({ max: 127 }), fc.nat({ max: 60_000 }), fc.nat({ max: last }))
    await fc.assert(
      fc.asyncProperty(places, fc.boolean(), async (at, isCut) => {
        await writeFile(file, whole)
        if (isCut) await truncate(file, at)
        else await flipBit(file, at)
        const again = await reopened({ path })
        expect(again.lists).toBe(0)
        expect(again.warnings).toHaveLength(1)
        expect(again.warnings[0]).toMatch('its lists could not be read')
        expect(await hitsOf(again.docs, true)).toEqual(exact)
        expect(await listFileBytes(path)).toBe(again.database.stats().disk.listBytes)
        await again.database.close()
      }),
      { numRuns: 12 },
    )
    const healed = await reopened({ path })
    await healed.docs.optimize()
    await healed.database.checkpoint()
    const lists = listsOf(healed.database)
    expect(lists).toBeGreaterThan(0)
    await healed.database.close()
    expect(await reopened({ path })).toMatchObject({ lists, warnings: [] })
  })

  it('is found by verify: what it says at once, the rest when all is read', async () => {
    const { path, database } = await listed()
    const { fileCount } = await database.verify()
    await database.checkpoint()
    const clean = await database.verify({ deep: true })
    expect(clean).toMatchObject({ problems: [], unknownFiles: [] })
    expect((await database.verify()).fileCount).toBeGreaterThan(fileCount)
    const file = join(path, LIST_FILE)
    const { size } = await stat(file)
    await writeFile(`${file}.new`, 'left by a crash')
    await flipBit(file, size - 100)
    expect(await database.verify()).toMatchObject({ problems: [], unknownFiles: [] })
    const { problems } = await database.verify({ deep: true })
    expect(problems).toMatchObject([{ file, code: 'SLUICE_CORRUPT' }])
    await flipBit(file, 50)
    expect((await database.verify()).problems).toMatchObject([{ file, code: 'SLUICE_CORRUPT' }])
    await rm(file)
    expect((await database.verify({ deep: true })).problems).toEqual([])
  })

  it('of another database is refused', async () => {
    const { path, database } = await listed()
    await database.checkpoint()
    await database.close()
    const foreign = await temporaryDirectory()
    const other = await opened({ path: foreign })
    const docs = await other.database.collection('docs', SCHEMA)
    const ids = Array.from({ length: ROWS }, (_, i) => i)
    await docs.add({ ids, vectors: heaps(0, ROWS) })
    await other.database.checkpoint()
    await other.database.close()
    await writeFile(join(foreign, LIST_FILE), await readFile(join(path, LIST_FILE)))
    const again = await reopened({ path: foreign })
    expect(again.lists).toBe(0)
    expect(again.warnings).toEqual([expect.stringMatching('database id')])
  })
})
