/** Verifying a database that is whole: nothing is wrong with it, whatever it does meanwhile. */

import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import {
  type Database,
  fileWal,
  open,
  type VerifyProgress,
  type VerifyReport,
} from '../../../src/index.js'
import { crashImage, flipBit } from '../../crash/image.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { filesBelow, filesIn, fill, openFilled, rows, SCHEMA, SEGMENTS } from './filled-database.js'

const CLEAN = { problems: [], unknownFiles: [] }

/** Both ways, one after the other. */
async function verifyTwice(database: Database): Promise<readonly VerifyReport[]> {
  return [await database.verify(), await database.verify({ deep: true })]
}

describe.each([
  { name: 'file', wal: fileWal({ segmentBytesMax: 300_000 }) },
  { name: 'lmdb', wal: lmdbWal({ mapBytes: 16 * 1024 * 1024 }) },
])('a whole database with the $name log', ({ wal }) => {
  it('has no problems, before its first checkpoint and after some', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal, checkpoint: false })
    expect(await verifyTwice(database)).toMatchObject([CLEAN, CLEAN])
    await (await database.collection('first', SCHEMA)).add(rows(0, 40))
    expect(await verifyTwice(database)).toMatchObject([CLEAN, CLEAN])
    await database.dropCollection('first')
    await fill(database)
    expect(await verifyTwice(database)).toMatchObject([CLEAN, CLEAN])
    await database.close()
  })

  it('has none right after a write, wherever its rows are by then', async () => {
    const database = await openFilled({ wal })
    const docs = await database.collection('docs', SCHEMA)
    await docs.add(rows(400, 1))
    expect(await database.verify({ deep: true })).toMatchObject(CLEAN)
    await docs.add(rows(401, 1), { durability: 'memory' })
    await docs.add(rows(402, 40), { durability: 'memory' })
    expect(await database.verify({ deep: true })).toMatchObject(CLEAN)
  })

  it('has none when it was opened again, for reading only or after a crash', async () => {
    const database = await openFilled({ wal })
    const image = await crashImage(database)
    const readOnly = await open({ path: image, wal, readOnly: true })
    expect(await verifyTwice(readOnly)).toMatchObject([CLEAN, CLEAN])
    await readOnly.close()
    const again = await open({ path: image, wal })
    expect(await verifyTwice(again)).toMatchObject([CLEAN, CLEAN])
    await again.close()
  })

  it('has none while it is written to, cut, dropped from and grows', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal, checkpoint: { logBytesMax: 100_000 } })
    const docs = await database.collection('docs', SCHEMA)
    let isOver = false
    const write = async (): Promise<void> => {
      for (let i = 0; !isOver; i++) await docs.upsert(rows((i % 5) * 40, i % 2 ? 40 : 2))
    }
    const churn = async (): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        const short = await database.collection(`short-${i}`, SCHEMA)
        await short.add(rows(i, 70))
        if (i % 3 === 0) await database.checkpoint()
        await database.dropCollection(`short-${i}`)
      }
    }
    const work = [write(), churn()]
    const reports: VerifyReport[] = []
    for (let i = 0; i < 8; i++) reports.push(await database.verify({ deep: i % 2 === 1 }))
    isOver = true
    await Promise.all(work)
    for (const report of reports) expect(report).toMatchObject(CLEAN)
    expect(await verifyTwice(database)).toMatchObject([CLEAN, CLEAN])
    await database.close()
  })
})

describe('a verification', () => {
  it('counts what it looks at, and more when it is deep', async () => {
    const database = await openFilled()
    const [shallow, deep] = await verifyTwice(database)
    const files = await filesBelow(database.path ?? '')
    expect(deep?.fileCount).toBe(files.length)
    expect(shallow?.fileCount).toBe(files.filter((name) => !name.startsWith('wal')).length)
    expect(shallow).toMatchObject({ deep: false })
    expect(deep).toMatchObject({ deep: true })
    const { disk, collections } = database.stats()
    const stored = Object.values(collections).map(({ rows: alive, deadRows }) => alive + deadRows)
    const rowBytes = stored.reduce((sum, count) => sum + count, 0) * 8000
    expect(deep?.byteLength).toBeGreaterThan(rowBytes + disk.columnBytes + disk.logBytes)
    expect(shallow?.byteLength).toBeLessThan(rowBytes / 10)
  })

  it('tells how far it has got', async () => {
    const database = await openFilled()
    const seen: VerifyProgress[] = []
    await database.verify({ deep: true, onProgress: (progress) => seen.push(progress) })
    const total = seen.length
    expect(total).toBeGreaterThan(8)
    expect(seen).toEqual(seen.map((_, i) => ({ done: i + 1, total })))
  })

  it('of a database in memory has nothing to look at', async () => {
    const database = await open()
    await (await database.collection('docs', SCHEMA)).add(rows(0, 40))
    const nothing = { deep: true, fileCount: 0, byteLength: 0, problems: [], unknownFiles: [] }
    expect(await database.verify({ deep: true })).toEqual(nothing)
    await database.close()
  })

  it('ends when it is aborted or the database closed, and not before', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path })
    await fill(database)
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(database.verify({ signal: aborted })).rejects.toMatchObject({
      code: 'SLUICE_ABORTED',
      message: 'the verification was aborted',
    })
    const controller = new AbortController()
    const onProgress = (): void => controller.abort()
    await expect(database.verify({ signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'SLUICE_ABORTED',
    })
    let closing: Promise<void> | undefined
    const closed = database.verify({
      deep: true,
      onProgress: () => {
        closing ??= database.close()
      },
    })
    await expect(closed).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await closing
    await expect(database.verify()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
  })

  it('lets the event loop turn while it reads', async () => {
    const database = await openFilled()
    let turns = 0
    const count = (): void => {
      turns += 1
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    await database.verify({ deep: true })
    clearImmediate(timer)
    expect(turns).toBeGreaterThan(20)
  })

  it.each([
    { firstRows: 40, segmentBehind: '00000001.seg', isThere: true },
    { firstRows: 64, segmentBehind: '00000002.seg', isThere: false },
  ])(
    'expects no rows on disk that a crash left in the log alone, behind $firstRows',
    async (each) => {
      const path = await temporaryDirectory()
      const database = await open({ path, checkpoint: false })
      const docs = await database.collection('docs', SCHEMA)
      await docs.add(rows(0, each.firstRows))
      await docs.add(rows(100, 2))
      const image = await crashImage(database)
      await database.close()
      const files = await filesIn(image, SEGMENTS)
      expect(files.includes(join(SEGMENTS, each.segmentBehind))).toBe(each.isThere)
      const again = await open({ path: image, readOnly: true })
      expect(await verifyTwice(again)).toMatchObject([CLEAN, CLEAN])
      await flipBit(join(image, SEGMENTS, '00000001.seg'), 4096 + 7)
      const { problems } = await again.verify({ deep: true })
      expect(problems).toMatchObject([
        { file: join(image, SEGMENTS, '00000001.seg'), offset: 4103 },
      ])
      await again.close()
    },
  )
})

describe('files that are not the database’s', () => {
  it('are listed, wherever they lie', async () => {
    const database = await openFilled()
    const path = database.path ?? ''
    const strangers = [
      'notes.txt',
      'checkpoints/0000000000.checkpoint',
      'checkpoints/old.json',
      'collections/000001/columns/00000000.bak',
      'collections/000001/segments/1.seg',
      'collections/000001/x',
      'collections/readme',
      'recycled/x.free',
    ]
    for (const name of strangers) await writeFile(join(path, name), 'mine')
    await mkdir(join(path, 'more'))
    await writeFile(join(path, 'more', 'things'), 'mine')
    const foreign = join('collections', '000099')
    await cp(join(path, 'collections', '000001'), join(path, foreign), { recursive: true })
    expect(await database.verify()).toMatchObject({
      problems: [],
      unknownFiles: [...strangers, 'more/', 'collections/000099/'].sort(),
    })
  })

  it('are not what crashes leave, and what waits for its removal', async () => {
    const database = await openFilled()
    const path = database.path ?? ''
    const leftovers = [
      'sluice.json.new',
      'LOCK.takeover',
      'LOCK.0123456789abcdef',
      'checkpoints/manifest.json.new',
      'checkpoints/0000000099.checkpoint',
      'collections/000001/segments/00000000.seg',
      'collections/000001/columns/00000000.col',
    ]
    for (const name of leftovers) await writeFile(join(path, name), 'left')
    // The dropped one.
    await mkdir(join(path, 'collections', '000004', 'segments'), { recursive: true })
    await writeFile(join(path, 'collections', '000004', 'segments', '00000000.seg'), 'left')
    expect(await verifyTwice(database)).toMatchObject([CLEAN, CLEAN])
  })
})
