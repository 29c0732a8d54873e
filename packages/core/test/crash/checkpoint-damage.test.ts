/**
 * Damaged files of a database with checkpoints: what opens has the right rows, with a warning where
 * a checkpoint had to be passed over, and everything else is a typed error. Never wrong rows.
 */

import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, fileWal, open, SluiceError, type WalFactory } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild } from './child-process.js'
import { DamageFixture } from './damage-fixture.js'
import { DAMAGES, FILE_TYPES, type FileDamage, type FileType, filesOf } from './file-damage.js'
import { flipBit, listingOf } from './image.js'
import { LONG_ID_KINDS } from './long-model.js'
import { LongScenario } from './long-scenario.js'
import { type FoundRows, hasRowsOf, readLong, readLongDatabase } from './read-long.js'

/** More by hand: `SLUICE_DAMAGE_RUNS=3000 npx vitest run checkpoint-damage`. */
const RUNS = Number(process.env['SLUICE_DAMAGE_RUNS'] ?? 54)
const TIMEOUT_MS = 60_000 + RUNS * 1000
const CODES = ['SLUICE_CORRUPT', 'SLUICE_UNSUPPORTED_FORMAT']
/** Nothing depends on them. */
const HARMLESS: readonly FileType[] = ['lock', 'recycled']
/** Cases per child process; a signal would end all of them. */
const CASES_PER_CHILD = 20

const createFileWal = (): WalFactory => fileWal({ segmentBytesMax: 100_000 })

/** An error, or what was read. */
interface Outcome {
  readonly error?: Pick<SluiceError, 'code' | 'details' | 'message'> | undefined
  readonly found?: FoundRows
}

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true })

function damageOf(type: FileType): fc.Arbitrary<FileDamage> {
  const damage = fc.constantFrom(...DAMAGES)
  return fc.record({ type: fc.constant(type), file: fraction, damage, place: fraction })
}

/** Opens, reads, makes a checkpoint and opens again: the same. */
async function outcomeOf(path: string): Promise<Outcome> {
  const options = { path, wal: createFileWal(), checkpoint: false } as const
  const opened: Database | Error = await open(options).catch((error: Error) => error)
  if (opened instanceof Error) {
    expect(opened).toBeInstanceOf(SluiceError)
    return { error: opened as SluiceError }
  }
  const found = await readLong(opened)
  await opened.checkpoint()
  await opened.close()
  expect(await readLongDatabase(options)).toEqual(found)
  return { found }
}

function check(fixture: DamageFixture, damage: FileDamage, { error, found }: Outcome): void {
  const { type } = damage
  const what = `${JSON.stringify(damage)}: ${error?.message}`
  if (found) {
    const states = type === 'log' ? fixture.states : [fixture.state]
    expect(
      states.some((state) => hasRowsOf(found, state)),
      `${what}: wrong rows`,
    ).toBe(true)
    return
  }
  expect(HARMLESS, what).not.toContain(type)
  const isBare = type === 'format' && damage.damage === 'remove'
  expect(isBare ? ['SLUICE_INVALID_ARGUMENT'] : CODES, what).toContain(error?.code)
  // A log as a whole has no file: there the record says where.
  const place = error?.details['file'] ?? error?.details['lsn']
  if (!isBare) expect(place, what).toBeDefined()
}

describe('damage on the file WAL', () => {
  const fixture = new DamageFixture()
  beforeAll(() => fixture.make(createFileWal))
  afterAll(() => fixture.remove())

  it.each(Object.keys(FILE_TYPES) as FileType[])(
    'of a file of type %s is an error, or changes nothing',
    async (type) => {
      const property = fc.asyncProperty(damageOf(type), async (damage) => {
        const path = await fixture.copy()
        await fixture.damage(path, damage)
        check(fixture, damage, await outcomeOf(path))
        await rm(path, { recursive: true })
      })
      await fc.assert(property, { numRuns: Math.ceil(RUNS / Object.keys(FILE_TYPES).length) })
    },
    TIMEOUT_MS,
  )

  it.each(['flip', 'truncate', 'remove', 'zero', 'foreign'] as const)(
    'of the newest checkpoint (%s) is passed over with a warning, and healed by the next one',
    async (damage) => {
      const path = await fixture.copy()
      await fixture.damage(path, { type: 'checkpoint', file: 0.9, damage, place: 0.5 })
      expect(await warningsOf(path, fixture)).toEqual([expect.stringMatching(/damaged/)])
      // Looking changed nothing; a checkpoint does.
      expect(await warningsOf(path, fixture)).toHaveLength(1)
      const database = await open({ path, wal: createFileWal(), checkpoint: false })
      const scenario = new LongScenario(database, fixture.state)
      await scenario.write('delete', 'u64', [1])
      await database.checkpoint()
      await database.close()
      expect(await warningsOf(path, scenario)).toEqual([])
    },
  )

  it('of the older checkpoint alone goes unnoticed', async () => {
    const path = await fixture.copy()
    await fixture.damage(path, { type: 'checkpoint', file: 0, damage: 'empty', place: 0 })
    expect(await warningsOf(path, fixture)).toEqual([])
  })

  it('of the manifest costs a warning', async () => {
    const path = await fixture.copy()
    await fixture.damage(path, { type: 'manifest', file: 0, damage: 'flip', place: 0.5 })
    const warnings = await warningsOf(path, fixture)
    expect(warnings).toEqual([expect.stringMatching(/manifest\.json is damaged/)])
  })

  it('of both checkpoints is an error that changes nothing', async () => {
    const path = await fixture.copy()
    const files = await filesOf(path, 'checkpoint')
    expect(files).toHaveLength(2)
    for (const file of files) await flipBit(join(path, file), 100)
    await rm(join(path, 'LOCK'))
    const before = await listingOf(path)
    await expect(open({ path, wal: createFileWal() })).rejects.toMatchObject({
      code: 'SLUICE_CORRUPT',
      details: { file: join(path, files[1]!) },
    })
    expect(await listingOf(path)).toEqual(before)
    await flipBit(join(path, files[0]!), 100)
    expect(await warningsOf(path, fixture)).toHaveLength(1)
  })

  it('of columns that only the newest checkpoint has is passed over with a warning', async () => {
    const path = await fixture.copy()
    const database = await open({ path, wal: createFileWal(), checkpoint: false })
    const scenario = new LongScenario(database, fixture.state)
    await scenario.write('upsert', 'string', [7, 8, 9])
    await database.checkpoint()
    await database.close()
    const columns = join(path, 'collections', '000003', 'columns', '00000000.col')
    const { size } = await stat(columns)
    await flipBit(columns, size - 60)
    expect(await warningsOf(path, scenario)).toEqual([expect.stringMatching(/damaged/)])
    await flipBit(columns, 60)
    await expect(open({ path, wal: createFileWal() })).rejects.toMatchObject({
      code: 'SLUICE_CORRUPT',
      details: { file: columns },
    })
  })
})

/** Warnings of an opening that must find the right rows. */
async function warningsOf(
  path: string,
  { state }: Pick<DamageFixture, 'state'>,
): Promise<readonly string[]> {
  const warnings: string[] = []
  const onWarning = ({ message }: { readonly message: string }): unknown => warnings.push(message)
  const options = { path, wal: createFileWal(), checkpoint: false, onWarning } as const
  expect(hasRowsOf(await readLongDatabase(options), state)).toBe(true)
  return warnings
}

it('of the first checkpoint costs nothing while the log still begins at 1', async () => {
  const path = await temporaryDirectory()
  const database = await open({ path, wal: createFileWal(), checkpoint: false })
  const scenario = new LongScenario(database)
  await scenario.write('upsert', 'u64', [1, 2, 3])
  await database.checkpoint()
  await scenario.write('upsert', 'string', [1, 2, 3])
  await database.close()
  await flipBit(join(path, 'checkpoints', '0000000001.checkpoint'), 50)
  const warning = expect.stringMatching(/replayed from its beginning/)
  expect(await warningsOf(path, scenario)).toEqual([warning])
})

describe('damage on the lmdb WAL', () => {
  const fixture = new DamageFixture()
  beforeAll(() => fixture.make(lmdbWal))
  afterAll(() => fixture.remove())

  it(
    'is an error, or changes nothing, and never ends the process',
    async () => {
      const types: readonly FileType[] = ['log', 'log', 'log', 'checkpoint', 'segment', 'format']
      const damages = fc.sample(fc.constantFrom(...types).chain(damageOf), RUNS)
      for (let from = 0; from < damages.length; from += CASES_PER_CHILD) {
        await checkInChild(fixture, damages.slice(from, from + CASES_PER_CHILD))
      }
    },
    TIMEOUT_MS,
  )
})

async function checkInChild(fixture: DamageFixture, damages: readonly FileDamage[]): Promise<void> {
  const paths: string[] = []
  for (const damage of damages) {
    const path = await fixture.copy()
    await fixture.damage(path, damage)
    paths.push(path)
  }
  const { code, signal, lines, stderr } = await runChild({
    script: 'damage-child.mjs',
    work: { paths, wal: 'lmdb' },
  })
  const last = JSON.stringify(damages[lines.length])
  expect({ code, signal }, `${last}: ${stderr}`).toEqual({ code: 0, signal: null })
  for (const [i, line] of lines.entries()) {
    const { error, wrong, rows } = JSON.parse(line)
    expect(wrong ?? [], JSON.stringify(damages[i])).toEqual([])
    if (rows === undefined) check(fixture, damages[i]!, { error })
    else check(fixture, damages[i]!, { found: foundFrom(rows) })
  }
  for (const path of paths) await rm(path, { recursive: true })
}

function foundFrom(rows: Readonly<Record<string, [number, number][]>>): FoundRows {
  const entries = LONG_ID_KINDS.map((idKind) => [idKind, new Map(rows[idKind])] as const)
  return Object.fromEntries(entries) as unknown as FoundRows
}
