/** Damage of the files of an open database: told with the right file, and nothing else is. */

import {
  mkdir,
  mkdtemp,
  open as openFile,
  readFile,
  rm,
  rmdir,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, fileWal, open, type VerifyReport } from '../../../src/index.js'
import { flipBit } from '../../crash/image.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { COLUMNS, filesBelow, fill, ROW_BYTES, rows, SCHEMA, SEGMENTS } from './filled-database.js'

const PAGE_BYTES = 4096
const FIRST_CHECKPOINT = 'checkpoints/0000000002.checkpoint'
const MANIFEST = 'checkpoints/manifest.json'
const FULL_SEGMENT = join(SEGMENTS, '00000001.seg')
const LAST_SEGMENT = join(SEGMENTS, '00000004.seg')
const FULL_COLUMN = join(COLUMNS, '00000001.col')
const LAST_COLUMN = join(COLUMNS, '00000003.col')
/** Rows of the segments of collection 1; the first segment was freed. */
const ROWS_OF: Readonly<Record<string, number>> = {
  'collections/000001/segments/00000001.seg': 32,
  'collections/000001/segments/00000002.seg': 32,
  'collections/000001/segments/00000003.seg': 32,
  'collections/000001/segments/00000004.seg': 15,
  'collections/000002/segments/00000000.seg': 4,
  'collections/000003/segments/00000000.seg': 32,
  'collections/000003/segments/00000001.seg': 8,
}

let path = ''
let foreignPath = ''
let database: Database
let foreign: Database
let files: readonly string[] = []
let logFiles: readonly string[] = []

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'sluice-'))
  foreignPath = await mkdtemp(join(tmpdir(), 'sluice-'))
  const wal = fileWal({ segmentBytesMax: 100 })
  database = await open({ path, wal, checkpoint: false })
  foreign = await open({ path: foreignPath, wal, checkpoint: false })
  await fill(database)
  await fill(foreign)
  const report = await database.verify({ deep: true })
  expect(report).toMatchObject({ problems: [], unknownFiles: [] })
  await foreign.verify()
  files = await filesBelow(path)
  logFiles = files.filter((name) => name.endsWith('.log'))
})

afterAll(async () => {
  await database.close()
  await foreign.close()
  for (const each of [path, foreignPath]) await rm(each, { recursive: true })
})

/** Damages files, verifies, and mends them again. */
async function reportOf(
  names: readonly string[],
  damage: () => Promise<unknown>,
  deep = true,
): Promise<VerifyReport> {
  const before = await Promise.all(names.map((name) => readFile(join(path, name))))
  await damage()
  const report = await database.verify({ deep })
  for (const [i, name] of names.entries()) await overwrite(join(path, name), before[i]!)
  return report
}

/** In place, for the database may have the file open. */
async function overwrite(file: string, content: Uint8Array): Promise<void> {
  const handle = await openFile(file, 'r+').catch(() => openFile(file, 'w'))
  await handle.truncate(content.length)
  await handle.write(content, 0, content.length, 0)
  await handle.close()
}

function filesOf(report: VerifyReport): readonly string[] {
  return [...new Set(report.problems.map(({ file }) => file))].sort()
}

async function zeroPage(file: string): Promise<void> {
  const length = Math.min((await stat(file)).size, PAGE_BYTES)
  const handle = await openFile(file, 'r+')
  await handle.write(new Uint8Array(length), 0, length, 0)
  await handle.close()
}

type Damage = (name: string) => Promise<unknown>

const DAMAGES: Readonly<Record<string, Damage>> = {
  'a lost second half': async (name) => {
    const file = join(path, name)
    await truncate(file, Math.floor((await stat(file)).size / 2))
  },
  'all bytes lost': (name) => truncate(join(path, name), 0),
  'a first page of zeros': (name) => zeroPage(join(path, name)),
  'its removal': (name) => rm(join(path, name)),
  'the file of another database in its place': async (name) =>
    writeFile(join(path, name), await readFile(join(foreignPath, name))),
}

const SHALLOW_FILES = [
  ...['sluice.json', 'LOCK', MANIFEST, FIRST_CHECKPOINT],
  'checkpoints/0000000003.checkpoint',
  ...[FULL_SEGMENT, LAST_SEGMENT],
]

describe.each(Object.entries(DAMAGES))('%s', (kind, damage) => {
  const cases = SHALLOW_FILES.flatMap((name) => [
    { name, deep: false },
    { name, deep: true },
  ])

  // Manifests name no database: that of one with the same history says the same.
  const isForeign = kind.startsWith('the file of another')
  it.each(cases.filter(({ name }) => !isForeign || name !== MANIFEST))(
    'is told of $name (deep: $deep)',
    async ({ name, deep }) => {
      const report = await reportOf([name], () => damage(name), deep)
      expect(filesOf(report)).toEqual([join(path, name)])
      expect(report.unknownFiles).toEqual([])
      for (const { problem } of report.problems) expect(problem).toContain(path)
    },
  )

  it.each([FULL_COLUMN, LAST_COLUMN])('is told of %s by a deep verification', async (name) => {
    const report = await reportOf([name], () => damage(name))
    expect(filesOf(report)).toEqual([join(path, name)])
    const shallow = await reportOf([name], () => damage(name), false)
    const isShort = /lost|removal/.test(kind)
    expect(filesOf(shallow)).toEqual(isShort ? [join(path, name)] : [])
  })

  it('is told of log files by a deep verification', async () => {
    expect(logFiles.length).toBeGreaterThan(2)
    for (const i of [0, 1, logFiles.length - 1]) {
      const name = logFiles[i] ?? ''
      const isThere = (await filesBelow(foreignPath)).includes(name)
      if (isForeign && !isThere) continue
      const report = await reportOf([name], () => damage(name))
      if (isForeign) {
        // Records are whole, but another database's: no backend knows that.
        expect(report.problems[0]).toMatchObject({
          file: join(path, 'wal'),
          lsn: expect.anything(),
        })
      } else if (kind !== 'its removal') expect(filesOf(report)).toEqual([join(path, name)])
      expect(filesOf(report).every((file) => file.startsWith(join(path, 'wal')))).toBe(true)
      expect(report.problems.length).toBeGreaterThan(0)
      expect((await database.verify({ deep: true })).problems).toEqual([])
    }
  })
})

describe('damage', () => {
  it('of the length of a file for re-use is told', async () => {
    const name = files.find((each) => each.startsWith('recycled')) ?? ''
    const report = await reportOf([name], () => truncate(join(path, name), 100_000), false)
    expect(report.problems).toMatchObject([{ file: join(path, name), offset: 100_000 }])
  })

  it.each([
    [FULL_SEGMENT, LAST_SEGMENT],
    [FULL_COLUMN, LAST_COLUMN],
  ])('that exchanges two files is told of both: %s and %s', async (one, other) => {
    const report = await reportOf([one, other], async () => {
      const content = await readFile(join(path, one))
      await writeFile(join(path, one), await readFile(join(path, other)))
      await writeFile(join(path, other), content)
    })
    expect(filesOf(report)).toEqual([join(path, one), join(path, other)].sort())
  })

  it('of an older manifest in place of the newest is told', async () => {
    const small = await open({ path: await temporaryDirectory(), checkpoint: false })
    const docs = await small.collection('docs', SCHEMA)
    const manifest = join(small.path ?? '', MANIFEST)
    await docs.add(rows(0, 1))
    await small.checkpoint()
    const older = await readFile(manifest)
    await docs.add(rows(1, 1))
    await small.checkpoint()
    await writeFile(manifest, older)
    expect((await small.verify()).problems).toMatchObject([{ file: manifest }])
    await small.close()
  })

  it('is no other than an error of the system, which is told of its file', async () => {
    const file = join(path, 'sluice.json')
    const content = await readFile(file)
    await rm(file)
    await mkdir(file)
    const { problems } = await database.verify()
    await rmdir(file)
    await writeFile(file, content)
    expect(problems).toMatchObject([{ file, code: 'SLUICE_IO' }])
  })

  it('of any byte of a row is told with its offset', async () => {
    const names = Object.keys(ROWS_OF)
    const place = fc.constantFrom(...names).chain((name) =>
      fc.record({
        name: fc.constant(name),
        offset: fc.nat((ROWS_OF[name] ?? 0) * ROW_BYTES - 1).map((byte) => PAGE_BYTES + byte),
      }),
    )
    const property = fc.asyncProperty(place, async ({ name, offset }) => {
      const report = await reportOf([name], () => flipBit(join(path, name), offset))
      expect(report.problems).toMatchObject([
        { file: join(path, name), offset, code: 'SLUICE_CORRUPT' },
      ])
    })
    await fc.assert(property, { numRuns: 40 })
  })

  it('of any byte that counts is told with its file, and nothing else', async () => {
    const counting = files.filter((name) => !name.startsWith('recycled'))
    const place = fc.record({
      name: fc.constantFrom(...counting),
      share: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    })
    const property = fc.asyncProperty(place, async ({ name, share }) => {
      const file = join(path, name)
      const rowCount = ROWS_OF[name]
      const { size } = await stat(file)
      const length = rowCount === undefined ? size : PAGE_BYTES + rowCount * ROW_BYTES
      const offset = Math.floor(share * length)
      const report = await reportOf([name], () => flipBit(file, offset))
      expect(filesOf(report)).toEqual([file])
      for (const problem of report.problems) expect(problem.offset ?? 0).toBeLessThan(size)
    })
    await fc.assert(property, { numRuns: 150 })
    expect(await database.verify({ deep: true })).toMatchObject({ problems: [] })
  })

  it('of a record in the log of LMDB is told by the process that looked at it', async () => {
    const directory = await temporaryDirectory()
    const wal = lmdbWal({ mapBytes: 16 * 1024 * 1024 })
    const small = await open({ path: directory, wal, checkpoint: false })
    const docs = await small.collection('docs', SCHEMA)
    await docs.add({ ...rows(0, 1), metadata: [{ text: 'here it is' }] })
    const file = join(directory, 'wal', 'data.mdb')
    const offset = (await readFile(file)).indexOf('here it is')
    expect(offset).toBeGreaterThan(0)
    await flipBit(file, offset)
    const { problems } = await small.verify({ deep: true })
    await flipBit(file, offset)
    expect(problems).toMatchObject([{ file, lsn: 2n, code: 'SLUICE_CORRUPT' }])
    expect(JSON.parse(JSON.stringify(problems))).toMatchObject([{ file, lsn: '2' }])
    expect((await small.verify({ deep: true })).problems).toEqual([])
    await small.close()
  })

  it('does no harm to the database: its rows are what they were', async () => {
    const docs = await database.collection('docs', SCHEMA)
    const [row] = await docs.get([300], { include: ['vector'] })
    expect(row?.vector).toEqual(rows(300, 1).vectors)
  })
})
