/** Truncations beside everything else that a log does. What they forget is never waited for. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { WalBackend } from '@sluice/core'
import { collect, testRecord, testRecords, walContext } from '@sluice/core/conformance'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommitLoop } from '../src/commit-loop.js'
import { type LogDatabase, openEnvironment } from '../src/environment.js'
import { lmdbWal } from '../src/lmdb-wal.js'
import { temporaryDirectory } from './fixture.js'

const PROGRAM = fileURLToPath(new URL('programs/truncator.mjs', import.meta.url))
const COUNT = 4000
const disk = { durability: 'disk' } as const

function openLog(directory: string): Promise<WalBackend> {
  return lmdbWal({ mapBytes: 2 ** 30 }).open(walContext(directory))
}

async function longLog(directory: string): Promise<WalBackend> {
  const log = await openLog(directory)
  await log.append(testRecords(1n, COUNT, { payloadBytes: 8 }), disk)
  return log
}

async function lsnsIn(log: WalBackend): Promise<readonly [bigint, bigint, number]> {
  const lsns = (await collect(log)).map(({ lsn }) => lsn)
  return [lsns[0] ?? 0n, lsns.at(-1) ?? 0n, lsns.length]
}

/** Values in a closed log, its start mark included. */
async function valueCount(directory: string): Promise<number> {
  const database = openEnvironment(directory, { mapBytes: 2 ** 30, readOnly: false })
  const count = database.getKeysCount()
  await database.close()
  return count
}

/** Whether a promise has settled by the time it is asked. */
function watch(promise: Promise<unknown>): { settled: boolean } {
  const state = { settled: false }
  const settle = (): void => {
    state.settled = true
  }
  promise.then(settle, settle)
  return state
}

describe('truncateBefore', () => {
  it('lets appends commit while it removes', async () => {
    const directory = await temporaryDirectory()
    const log = await longLog(directory)
    const truncating = log.truncateBefore(BigInt(COUNT))
    const state = watch(truncating)
    for (let i = 1; i <= 5; i++) {
      await log.append([testRecord(BigInt(COUNT + i))], disk)
      expect(state.settled).toBe(false)
    }
    await truncating
    expect(await lsnsIn(log)).toEqual([4000n, 4005n, 6])
    await log.close()
    expect(await valueCount(directory)).toBe(7)
  })

  it('takes another one, and a truncation at the end, while it is under way', async () => {
    const directory = await temporaryDirectory()
    const log = await longLog(directory)
    const first = log.truncateBefore(2000n)
    await log.append([testRecord(BigInt(COUNT + 1))], disk)
    const all = [first, log.truncateBefore(3000n), log.truncateAfter(3500n)]
    const more = testRecords(3501n, 10, { salt: 3 })
    all.push(log.append(more, disk).then(() => undefined))
    await Promise.all(all)
    expect(await lsnsIn(log)).toEqual([3000n, 3510n, 511])
    expect(await collect(log, 3501n)).toEqual(more)
    await log.close()
    expect(await valueCount(directory)).toBe(512)
  })

  it('ends soon when the log is closed, and the next opening removes the rest', async () => {
    const directory = await temporaryDirectory()
    const log = await longLog(directory)
    const truncating = log.truncateBefore(BigInt(COUNT))
    await log.append([testRecord(BigInt(COUNT + 1))], disk)
    await log.close()
    await truncating
    const left = await valueCount(directory)
    expect(left).toBeGreaterThan(3)
    const again = await openLog(directory)
    expect(again.stats()).toMatchObject({ firstLsn: 4000n, lastLsn: 4001n })
    expect(await lsnsIn(again)).toEqual([4000n, 4001n, 2])
    await again.truncateBefore(4001n)
    await again.close()
    expect(await valueCount(directory)).toBe(2)
  })

  it('is complete after a kill in the middle of it', async () => {
    const directory = await temporaryDirectory()
    const killed = promisify(execFile)(process.execPath, [PROGRAM, directory, `${COUNT}`])
    await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' })
    expect(await valueCount(directory)).toBeGreaterThan(3)
    const log = await openLog(directory)
    expect(await lsnsIn(log)).toEqual([4000n, 4001n, 2])
    await log.truncateBefore(4001n)
    await log.close()
    expect(await valueCount(directory)).toBe(2)
  })

  it('is gone on with after an opening, when no record is held any more, too', async () => {
    const directory = await temporaryDirectory()
    const log = await longLog(directory)
    const truncating = log.truncateBefore(BigInt(COUNT + 1))
    await log.truncateBefore(2n)
    await log.close()
    await truncating
    expect(await valueCount(directory)).toBeGreaterThan(3)
    const again = await openLog(directory)
    expect(again.stats()).toMatchObject({ firstLsn: 4001n, lastLsn: 4000n })
    // Each transaction takes some of what is left with it.
    for (let lsn = 4001n; lsn <= 4040n; lsn++) await again.append([testRecord(lsn)], disk)
    await again.close()
    expect(await valueCount(directory)).toBe(41)
  })

  it('is passed over by a reading that began before it', async () => {
    const log = await openLog(await temporaryDirectory())
    await log.append(testRecords(1n, 12, { payloadBytes: 1_000_000 }), disk)
    const reading = log.read(1n)[Symbol.asyncIterator]()
    expect((await reading.next()).value).toMatchObject({ lsn: 1n })
    await log.truncateBefore(11n)
    const rest: bigint[] = []
    for (let next = await reading.next(); next.done !== true; next = await reading.next()) {
      rest.push(next.value.lsn)
    }
    expect(rest.slice(-2)).toEqual([11n, 12n])
    expect(rest.length).toBeLessThan(8)
    await log.close()
  })

  it('keeps exactly the records it should, whatever runs beside it', async () => {
    const step = fc.record({
      append: fc.integer({ min: 0, max: 300 }),
      forget: fc.double({ min: 0, max: 1, noNaN: true }),
      wait: fc.boolean(),
    })
    const steps = fc.array(step, { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const directory = await temporaryDirectory()
        const log = await openLog(directory)
        const under: Promise<unknown>[] = []
        let [first, last] = [1n, 0n]
        for (const { append, forget, wait } of list) {
          under.push(log.append(testRecords(last + 1n, append, { payloadBytes: 8 }), disk))
          last += BigInt(append)
          first += BigInt(Math.floor(forget * Number(last - first + 2n)))
          if (first > last + 1n) first = last + 1n
          under.push(log.truncateBefore(first))
          if (wait) await Promise.all(under)
        }
        await Promise.all(under)
        expect(log.stats()).toMatchObject({ firstLsn: first, lastLsn: last })
        expect(await collect(log)).toHaveLength(Number(last - first) + 1)
        await log.close()
        expect(await valueCount(directory)).toBe(Number(last - first) + 2)
      }),
      { numRuns: 12 },
    )
  })
})

it('fails everything that waits when removing fails, and removes nothing more', async () => {
  const reason = new Error('the disk is gone')
  const failing: Pick<LogDatabase, 'getKeys' | 'remove'> = {
    getKeys: () => [Buffer.from('key')] as unknown as ReturnType<LogDatabase['getKeys']>,
    remove: () => Promise.reject(reason),
  }
  const failures: unknown[] = []
  const loop = new CommitLoop({
    database: failing as LogDatabase,
    directory: await temporaryDirectory(),
    fail: async (error) => {
      failures.push(error)
      return Object.assign(new Error('failed'), { code: 'SLUICE_IO' }) as never
    },
    refusal: () => Object.assign(new Error('refused'), { code: 'SLUICE_POISONED' }) as never,
  })
  await loop.removeBelow(7n)
  const settled = new Promise((resolve) => {
    loop.add({ parts: [], byteLength: 0, settle: resolve })
  })
  expect(failures).toEqual([reason])
  await expect(settled).resolves.toMatchObject({ code: 'SLUICE_POISONED' })
  await loop.removeBelow(8n)
  expect(failures).toHaveLength(1)
})

// The file system there says that it has no room.
it.runIf(existsSync('/proc/self'))(
  'leaves what is to be removed when the disk is full',
  async () => {
    const removed: unknown[] = []
    const database: Pick<LogDatabase, 'getKeys' | 'remove'> = {
      getKeys: () => [Buffer.from('key')] as unknown as ReturnType<LogDatabase['getKeys']>,
      remove: async (key) => removed.push(key) > 0,
    }
    const unexpected = (): never => {
      throw new Error('it failed')
    }
    const loop = new CommitLoop({
      database: database as LogDatabase,
      directory: '/proc',
      fail: unexpected,
      refusal: unexpected,
    })
    await loop.removeBelow(7n)
    await loop.idle()
    expect(removed).toEqual([])
  },
)
