/**
 * The n-th append fails, for every n (the method of SQLite's tests): every write settles, later
 * ones are refused, what is visible shrinks to what is durable, and reopening gives a state that
 * holds every acknowledgement at `disk`.
 */

import { lmdbWal } from '@sluice/wal-lmdb'
import { beforeAll, describe, expect, it } from 'vitest'
import { faultyWal, type WalFault } from '../../src/conformance/index.js'
import {
  type Collection,
  type Database,
  fileWal,
  open,
  type WalBackend,
  type WalFactory,
  type WalOpenContext,
} from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { ExpectedRows, prefixOf } from './expected-rows.js'
import { type PlannedOperation, planOperations, SeededRandom } from './plan.js'
import { readState } from './read-state.js'
import { batchOf, type CrashIdKind, idOf, keysOf, SCHEMA } from './rows.mjs'

const SEED = Number(process.env['SLUICE_POISON_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const OPERATION_COUNT = 24
const ACTIONS = ['error-before', 'torn', 'error-after'] as const

/** How a write ended. */
interface Outcome {
  readonly operation: PlannedOperation
  readonly code: string
  /** Whether it was submitted after the database had told of its poisoning. */
  readonly isLate: boolean
}

/** Writes that all change something, so that each is one record of the log. */
function planWrites(): readonly PlannedOperation[] {
  const planned = planOperations(new SeededRandom(SEED), 0, OPERATION_COUNT)
  const base: PlannedOperation = {
    number: 0,
    kind: 'upsert',
    durability: 'disk',
    inFlightMax: 1,
    firstKey: 0,
    keyCount: 400,
    keyStep: 1,
  }
  return planned.map((operation, i) => {
    if (i === 0) return base
    if (operation.kind === 'delete') return { ...operation, firstKey: i, keyCount: 1 }
    return { ...operation, keyCount: (operation.keyCount % 120) + 1 }
  })
}

function submit(
  docs: Collection,
  idKind: CrashIdKind,
  operation: PlannedOperation,
): Promise<unknown> {
  const keys = keysOf(operation)
  const { durability, kind, number } = operation
  if (kind === 'upsert') return docs.upsert(batchOf(idKind, number, keys), { durability })
  return docs.delete({ ids: keys.map((key) => idOf(idKind, key)) as bigint[] }, { durability })
}

async function writeAll(
  database: Database,
  docs: Collection,
  idKind: CrashIdKind,
): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = []
  const inFlight = new Set<Promise<unknown>>()
  for (const operation of planWrites()) {
    while (inFlight.size >= operation.inFlightMax) await Promise.race(inFlight)
    const isLate = database.stats().state === 'poisoned'
    const call = submit(docs, idKind, operation)
    const settled = call.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    )
    inFlight.add(settled)
    outcomes.push(
      settled.then((code) => {
        inFlight.delete(settled)
        return { operation, code, isLate }
      }),
    )
  }
  return Promise.all(outcomes)
}

/** One database whose log has a fault; false when the fault was never reached. */
async function checkFault(
  createWal: () => WalFactory,
  idKind: CrashIdKind,
  fault: WalFault,
): Promise<boolean> {
  const directory = await temporaryDirectory()
  const database = await open({ path: directory, wal: faultyWal(createWal(), [fault]) })
  const poisonings: string[] = []
  database.on('poisoned', (error) => poisonings.push(error.code))
  const docs = await database.collection('docs', SCHEMA)
  const outcomes = await writeAll(database, docs, idKind)
  const operations = outcomes.map(({ operation }) => operation)
  if (poisonings.length === 0) {
    expect(outcomes.every(({ code }) => code === 'ok')).toBe(true)
    await database.close().catch((error) => expect(error.code).toBe('SLUICE_IO'))
    return false
  }
  expect(poisonings).toEqual(['SLUICE_IO'])
  for (const { code, isLate } of outcomes) {
    if (isLate) expect(code).toBe('SLUICE_POISONED')
    else expect(['ok', 'SLUICE_IO', 'SLUICE_POISONED']).toContain(code)
  }
  await expect(database.flush()).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
  const least = leastPrefix(outcomes)
  await checkVisibleIsDurable(database, idKind, operations, least)
  await database.close()

  const reopened = await open({ path: directory, wal: createWal() })
  const found = await readState(reopened, idKind)
  expect(prefixOf(found.rows, new Map(), operations, least), 'a prefix').toBeDefined()
  const again = await reopened.collection('docs')
  await again.upsert(batchOf(idKind, 9999, [1]))
  await reopened.close()
  return true
}

/** Every write is one record, and the record of the collection is the first. */
async function checkVisibleIsDurable(
  database: Database,
  idKind: CrashIdKind,
  operations: readonly PlannedOperation[],
  least: number,
): Promise<void> {
  const { visibleLsn, durableLsn } = database.stats().commits
  expect(visibleLsn).toBe(durableLsn)
  const count = Number(durableLsn) - 1
  expect(count).toBeGreaterThanOrEqual(least)
  const expected = new ExpectedRows()
  for (const operation of operations.slice(0, count)) expected.apply(operation)
  const { rows } = await readState(database, idKind)
  expect([...rows].sort(byKey)).toEqual([...expected.rows].sort(byKey))
}

function byKey(a: readonly [number, number], b: readonly [number, number]): number {
  return a[0] - b[0]
}

/** How many of the first writes were acknowledged at `disk`, or precede one that was. */
function leastPrefix(outcomes: readonly Outcome[]): number {
  return (
    outcomes.findLastIndex(
      ({ operation, code }) => operation.durability === 'disk' && code === 'ok',
    ) + 1
  )
}

/** A log whose appends at `disk` fail once it is told so. */
function breakableWal(factory: WalFactory): { wal: WalFactory; breakIt: () => void } {
  let isBroken = false
  const open = async (context: WalOpenContext): Promise<WalBackend> => {
    const log = await factory.open(context)
    return {
      capabilities: log.capabilities,
      append: async (records, options) => {
        if (isBroken && options.durability === 'disk') throw new Error('broken on purpose')
        return log.append(records, options)
      },
      read: (fromLsn) => log.read(fromLsn),
      truncateBefore: (lsn) => log.truncateBefore(lsn),
      truncateAfter: (lsn) => log.truncateAfter(lsn),
      stats: () => log.stats(),
      close: () => log.close(),
    }
  }
  const breakIt = (): void => {
    isBroken = true
  }
  return { wal: { name: factory.name, open }, breakIt }
}

beforeAll(() => {
  process.stdout.write(`failing appends: SLUICE_POISON_SEED=${SEED}\n`)
})

describe.each([
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const)('a failing append on the %s WAL', (_, createWal) => {
  describe.each(['u64', 'string'] as const)('with %s ids', (idKind) => {
    it.each(ACTIONS)('(%s) poisons the database, whichever append it is', async (action) => {
      // The first append is that of the collection itself.
      let append = 2
      while (await checkFault(createWal, idKind, { append, action })) append++
      expect(append).toBeGreaterThan(OPERATION_COUNT / 4)
    })
  })

  it('takes back what was acknowledged at `memory` only: updates, deletes, new rows', async () => {
    const { wal, breakIt } = breakableWal(createWal())
    const database = await open({ path: await temporaryDirectory(), wal })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 1, [1, 2]))
    const early = { durability: 'memory' } as const
    breakIt()
    await docs.upsert(batchOf('u64', 2, [1]), early)
    await docs.delete({ ids: [idOf('u64', 2) as bigint] }, early)
    await docs.upsert(batchOf('u64', 3, [3]), early)
    await expect(docs.upsert(batchOf('u64', 4, [4]))).rejects.toThrow()
    const { rows } = await readState(database, 'u64')
    expect([...rows]).toEqual([
      [1, 1],
      [2, 1],
    ])
    await database.close()
  })

  it('fails a delete of what an earlier delete, not durable yet, has removed', async () => {
    const faults: WalFault[] = [{ append: 4, action: 'error-before' }]
    const wal = faultyWal(createWal(), faults)
    const database = await open({ path: await temporaryDirectory(), wal })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 1, [1]))
    const ids = [idOf('u64', 1) as bigint]
    await docs.delete({ ids }, { durability: 'memory' })
    // It fails itself, or a sync in the background did before it.
    await expect(docs.delete({ ids })).rejects.toMatchObject({
      code: expect.stringMatching(/^SLUICE_(IO|POISONED)$/),
    })
    expect(await docs.count()).toBe(1)
    await database.close()
  })

  it('refuses the creation of a collection that fails, and recovers', async () => {
    const directory = await temporaryDirectory()
    const faults: WalFault[] = [{ append: 1, action: 'error-before' }]
    const database = await open({ path: directory, wal: faultyWal(createWal(), faults) })
    const creation = database.collection('docs', SCHEMA)
    await expect(creation).rejects.toMatchObject({ code: 'SLUICE_IO' })
    await expect(database.collection('docs', SCHEMA)).rejects.toMatchObject({
      code: 'SLUICE_POISONED',
    })
    expect(database.listCollections()).toEqual([])
    await database.close()
    const reopened = await open({ path: directory, wal: createWal() })
    expect(reopened.listCollections()).toEqual([])
    await reopened.collection('docs', SCHEMA)
    await reopened.close()
  })

  it('keeps a collection whose removal fails', async () => {
    const directory = await temporaryDirectory()
    const faults: WalFault[] = [{ append: 3, action: 'error-before' }]
    const database = await open({ path: directory, wal: faultyWal(createWal(), faults) })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 1, [1, 2, 3]))
    await expect(database.dropCollection('docs')).rejects.toMatchObject({ code: 'SLUICE_IO' })
    expect(await docs.count()).toBe(3)
    await database.close()
    const reopened = await open({ path: directory, wal: createWal() })
    const { rows } = await readState(reopened, 'u64')
    expect(rows.size).toBe(3)
    await reopened.close()
  })
})

describe('a failure while a later write is on its way in', () => {
  it.each([0, 1, 2, 4, 8, 16])('after %i turns brings the durable rows back', async (turns) => {
    let fail = (): void => undefined
    const failing = new Promise<void>((resolve) => {
      fail = resolve
    })
    const broken = faultyWal(fileWal(), [{ append: 3, action: 'error-before' }])
    const wal = faultyWal(broken, [{ append: 3, action: 'delay', until: failing }])
    const database = await open({ path: await temporaryDirectory(), wal })
    const schema = { dimension: 1, dtype: 'float32', metric: 'l2' } as const
    const docs = await database.collection('docs', schema)
    const ids = Array.from({ length: 100_000 }, (_, i) => i)
    const write = (value: number): Promise<unknown> =>
      docs.upsert({ ids, vectors: new Float32Array(ids.length).fill(value) })
    await write(1)
    const outcomes = Promise.allSettled([write(2), write(3), write(4)])
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
    fail()
    expect((await outcomes).map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
    const rows = await docs.get(ids, { include: ['vector'] })
    expect(new Set(rows.map((row) => row?.vector?.[0]))).toEqual(new Set([1]))
    await database.close()
  })
})
