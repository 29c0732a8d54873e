/** Damaged files: a torn tail is cut, all else is reported by name, and no row is ever wrong. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  appendFile,
  cp,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { fileWal, open, type SluiceWarning } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { contentsOf, flipBit } from './image.js'
import { batchOf, SCHEMA } from './rows.mjs'

const LOG_FILE = join('wal', '00000000000000000001.log')
const SEGMENTS = join('collections', '000001', 'segments')
const FIRST_SEGMENT = join(SEGMENTS, '00000000.seg')
const SECOND_SEGMENT = join(SEGMENTS, '00000001.seg')
const HEADER_BYTES = 4096
const ROW_BYTES = 384 * 4
/** Rows of the database that is damaged: bulk in two segments, then small writes and a delete. */
const BULK_ROWS = 900
const SMALL_WRITES = 4

/** Contents of the database after each of its writes, the first when there was none. */
const states: unknown[] = []
let pristine = ''

beforeAll(async () => {
  pristine = await mkdtemp(join(tmpdir(), 'sluice-'))
  const database = await open({ path: pristine, wal: fileWal() })
  const docs = await database.collection('docs', SCHEMA)
  const note = async (): Promise<unknown> => states.push(withoutLsn(await contentsOf(database)))
  await note()
  await docs.upsert(batchOf('u64', 1, [...Array(BULK_ROWS).keys()]))
  await note()
  for (let i = 0; i < SMALL_WRITES; i++) {
    await docs.upsert(batchOf('u64', 2 + i, [i * 10, 2000 + i]))
    await note()
  }
  await docs.delete({ ids: [0n] })
  await note()
  await database.close()
})

afterAll(() => rm(pristine, { recursive: true }))

/** Cutting a tail lowers it. */
function withoutLsn(contents: Record<string, unknown>): Record<string, unknown> {
  const { lastLsn: _, ...rest } = contents
  return rest
}

async function damagedCopy(damage: (directory: string) => Promise<unknown>): Promise<string> {
  const directory = await temporaryDirectory()
  await cp(pristine, directory, { recursive: true })
  await damage(directory)
  return directory
}

function openedContents(path: string): Promise<Record<string, unknown>> {
  return open({ path, wal: fileWal() }).then(async (database) => {
    const contents = withoutLsn(await contentsOf(database))
    await database.close()
    return contents
  })
}

/** Warnings of the databases that the running test opens. */
function watchWarnings(): readonly SluiceWarning[] {
  const warnings: SluiceWarning[] = []
  const onWarning = (warning: unknown): unknown => warnings.push(warning as SluiceWarning)
  subscribe('sluice:warning', onWarning)
  onTestFinished(() => {
    unsubscribe('sluice:warning', onWarning)
  })
  return warnings
}

async function expectCorrupt(directory: string, file: string): Promise<void> {
  const path = join(directory, file)
  await expect(open({ path: directory, wal: fileWal() })).rejects.toMatchObject({
    name: 'CorruptionError',
    code: 'SLUICE_CORRUPT',
    details: { file: path },
    message: expect.stringContaining(path),
  })
}

describe('the end of a log', () => {
  it('torn in the middle of a record is cut with a warning, once', async () => {
    const directory = await damagedCopy(async (copy) => {
      const file = join(copy, LOG_FILE)
      const log = await readFile(file)
      // A record's header and a part of its body, as a crash in the middle of a write leaves them.
      await appendFile(file, log.subarray(-600, -100))
    })
    const warnings = watchWarnings()
    expect(await openedContents(directory)).toEqual(states.at(-1))
    const details = { file: join(directory, LOG_FILE), byteLength: 500 }
    expect(warnings).toMatchObject([{ code: 'SLUICE_WARN_LOG_TORN', details }])
    expect(await openedContents(directory)).toEqual(states.at(-1))
    expect(warnings).toHaveLength(1)
  })

  it('missing, however much of it, leaves the state after some write', async () => {
    const { size } = await stat(join(pristine, LOG_FILE))
    const property = fc.asyncProperty(fc.integer({ min: 0, max: size - 1 }), async (length) => {
      const directory = await damagedCopy((copy) => truncate(join(copy, LOG_FILE), length))
      const outcome = await openedContents(directory).catch((error: unknown) => error)
      await rm(directory, { recursive: true })
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'SLUICE_CORRUPT' })
      else expect([{}, ...states]).toContainEqual(outcome)
    })
    await fc.assert(property, { numRuns: 40 })
  })
})

describe('damage', () => {
  it('of any byte in the rows of a segment is reported with the file', async () => {
    const place = fc.record({ row: fc.nat(BULK_ROWS - 1), byte: fc.nat(ROW_BYTES - 1) })
    const property = fc.asyncProperty(place, async ({ row, byte }) => {
      const rowsPerSegment = 672
      const file = row < rowsPerSegment ? FIRST_SEGMENT : SECOND_SEGMENT
      const offset = HEADER_BYTES + (row % rowsPerSegment) * ROW_BYTES + byte
      const directory = await damagedCopy((copy) => flipBit(join(copy, file), offset))
      await expectCorrupt(directory, file)
      await rm(directory, { recursive: true })
    })
    await fc.assert(property, { numRuns: 20 })
  })

  it.each([8, 16, 40])('of byte %i of a segment header is reported', async (offset) => {
    const file = join(SEGMENTS, '00000000.seg')
    await expectCorrupt(await damagedCopy((copy) => flipBit(join(copy, file), offset)), file)
  })

  it.each([0, HEADER_BYTES, HEADER_BYTES + 10 * ROW_BYTES])(
    'that leaves %i bytes of a segment is reported',
    async (length) => {
      const shorten = (copy: string): Promise<void> => truncate(join(copy, FIRST_SEGMENT), length)
      await expectCorrupt(await damagedCopy(shorten), FIRST_SEGMENT)
    },
  )

  it('that removes a segment is reported', async () => {
    const directory = await damagedCopy((copy) => rm(join(copy, FIRST_SEGMENT)))
    await expectCorrupt(directory, FIRST_SEGMENT)
  })

  it('that swaps two segments is reported', async () => {
    const directory = await damagedCopy(async (copy) => {
      await rename(join(copy, FIRST_SEGMENT), join(copy, 'x'))
      await rename(join(copy, SECOND_SEGMENT), join(copy, FIRST_SEGMENT))
      await rename(join(copy, 'x'), join(copy, SECOND_SEGMENT))
    })
    await expectCorrupt(directory, FIRST_SEGMENT)
  })

  it('of any byte of the log is reported, or leaves the state after some write', async () => {
    const { size } = await stat(join(pristine, LOG_FILE))
    const property = fc.asyncProperty(fc.nat(size - 1), async (offset) => {
      const directory = await damagedCopy((copy) => flipBit(join(copy, LOG_FILE), offset))
      const outcome = await openedContents(directory).catch((error: unknown) => error)
      await rm(directory, { recursive: true })
      if (!(outcome instanceof Error)) expect(states).toContainEqual(outcome)
      else expect(outcome).toMatchObject({ details: { file: join(directory, LOG_FILE) } })
    })
    await fc.assert(property, { numRuns: 60 })
  })

  it('of a log record before the last one is reported with the file', async () => {
    const { size } = await stat(join(pristine, LOG_FILE))
    for (const share of [0.1, 0.3, 0.5, 0.7]) {
      const offset = Math.floor(size * share)
      const directory = await damagedCopy((copy) => flipBit(join(copy, LOG_FILE), offset))
      await expectCorrupt(directory, LOG_FILE)
    }
  })

  it('of the format file is reported, and its loss too', async () => {
    const directory = await damagedCopy((copy) => flipBit(join(copy, 'sluice.json'), 20))
    await expectCorrupt(directory, 'sluice.json')
    const bare = await damagedCopy((copy) => rm(join(copy, 'sluice.json')))
    await expect(open({ path: bare, wal: fileWal() })).rejects.toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
    })
  })
})

describe('directories of collections', () => {
  it('unknown to the log are an error and stay: the log may be what is lost', async () => {
    const directory = await damagedCopy(async (copy) => {
      await cp(join(copy, 'collections', '000001'), join(copy, 'collections', '000007'), {
        recursive: true,
      })
      await writeFile(join(copy, 'collections', 'notes.txt'), 'mine')
    })
    await expect(openedContents(directory)).rejects.toMatchObject({
      code: 'SLUICE_CORRUPT',
      details: { collectionIds: [7] },
    })
    expect((await stat(join(directory, 'collections', '000007'))).isDirectory()).toBe(true)
    expect(await readFile(join(directory, 'collections', 'notes.txt'), 'utf8')).toBe('mine')
  })

  it('left behind by a crash in the middle of a drop are removed', async () => {
    const directory = await damagedCopy(async () => undefined)
    const database = await open({ path: directory, wal: fileWal() })
    await database.dropCollection('docs')
    await database.close()
    const collection = join('collections', '000001')
    await cp(join(pristine, collection), join(directory, collection), { recursive: true })
    const reopened = await open({ path: directory, wal: fileWal() })
    await expect(stat(join(directory, collection))).rejects.toThrow('ENOENT')
    const docs = await reopened.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 9, [1, 2]))
    const before = await contentsOf(reopened)
    await reopened.close()
    const again = await open({ path: directory, wal: fileWal() })
    expect(await contentsOf(again)).toEqual(before)
    await again.close()
  })
})
