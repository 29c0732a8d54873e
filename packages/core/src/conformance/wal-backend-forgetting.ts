/**
 * The part of the log suite about forgetting old records while the log is in use: appends,
 * readings, other truncations and a closing overlap it, and the space is given back.
 */

import assert from 'node:assert/strict'
import type { WalBackend, WalRecord } from '../contract/wal-backend.js'
import { assertSame, covering, range } from './wal-checks.js'
import { collect, testRecord, testRecords } from './wal-records.js'
import type { WalBackendSuiteOptions, WalTest } from './wal-subject.js'

const MIB = 1024 * 1024
const LEVELS = ['disk', 'memory', 'os'] as const
/** Live data of the test of space, and what a log may occupy beyond it. */
const LIVE_BYTES = 4 * MIB
const EXTRA_BYTES_MAX = 20 * MIB

/**
 * Truncation of a log in use.
 *
 * @internal
 */
export function forgettingTests(
  test: WalTest,
  { persistent }: WalBackendSuiteOptions['capabilities'],
): void {
  overlapTests(test)
  readingTests(test)
  spaceTests(test)
  if (persistent) closingTests(test)
}

function overlapTests(test: WalTest): void {
  test('keeps the order of appends that overlap truncations, and loses none', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 60, { payloadBytes: 120 })
    const truncations: Promise<void>[] = []
    const appends = records.map((record, i) => {
      const append = log.append([record], { durability: LEVELS[i % 3]! })
      if (i % 4 === 3) truncations.push(log.truncateBefore(record.lsn - 5n))
      return append
    })
    const expected = records.map(({ lsn }) => covering(lsn, lsn))
    assert.deepEqual(await Promise.all(appends), expected)
    await Promise.all(truncations)
    assert.deepEqual(range(log), [55n, 60n])
    assertSame(await collect(log), records.slice(54))
    await log.close()
  })

  test('takes several truncations at once; the furthest counts', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 20)
    await log.append(records, { durability: 'os' })
    const starts = [4n, 2n, 12n, 12n, 9n]
    await Promise.all(starts.map((lsn) => log.truncateBefore(lsn)))
    assert.deepEqual(range(log), [12n, 20n])
    assertSame(await collect(log), records.slice(11))
    await log.close()
  })
}

function readingTests(test: WalTest): void {
  for (const fromLsn of [1n, 20n]) {
    test(`goes on reading from ${fromLsn} across a truncation, in order`, async ({ open }) => {
      await readAcross(await open(), fromLsn)
    })
  }
}

/** A reading without gaps, but for what was forgotten meanwhile. */
async function readAcross(log: WalBackend, fromLsn: bigint): Promise<void> {
  const records = testRecords(1n, 90, { payloadBytes: 5000 })
  for (const record of records.slice(0, 80)) await log.append([record], { durability: 'os' })
  const reading = log.read(fromLsn)[Symbol.asyncIterator]()
  const seen: WalRecord[] = [await nextOf(reading), await nextOf(reading)]
  await Promise.all([
    log.truncateBefore(50n),
    log.append(records.slice(80), { durability: 'disk' }),
  ])
  for (let next = await reading.next(); next.done !== true; next = await reading.next()) {
    seen.push(next.value)
  }
  assertSame(seen.slice(0, 2), records.slice(Number(fromLsn) - 1, Number(fromLsn) + 1))
  const rest = seen.slice(2)
  assert.ok(rest.length >= 31, 'records that are still held were not read')
  assert.ok(rest[0]!.lsn > seen[1]!.lsn, 'a record was read twice')
  assertSame(rest, records.slice(80 - rest.length, 80))
  assertSame(await collect(log), records.slice(49))
  await log.close()
}

function spaceTests(test: WalTest): void {
  test('occupies bounded space under endless appends and truncations', async ({ open }) => {
    const log = await open()
    const payloadBytes = MIB - 1024
    const liveCount = BigInt(LIVE_BYTES / MIB)
    for (let lsn = 1n; lsn <= 48n; lsn++) {
      const durability = LEVELS[Number(lsn % 3n)]!
      await log.append([testRecord(lsn, { payloadBytes })], { durability })
      await log.truncateBefore(lsn + 1n - liveCount)
      const { byteLength } = log.stats()
      assert.ok(byteLength <= LIVE_BYTES + EXTRA_BYTES_MAX, `${byteLength} bytes at ${lsn}`)
    }
    await log.append([], { durability: 'disk' })
    assert.ok(log.stats().byteLength >= LIVE_BYTES - 4 * 1024)
    assert.deepEqual(range(log), [45n, 48n])
    await log.close()
  })
}

function closingTests(test: WalTest): void {
  test('finishes truncations under way when closed', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 12)
    const more = testRecords(13n, 3, { salt: 1 })
    await log.append(records, { durability: 'disk' })
    await Promise.all([
      log.truncateBefore(5n),
      log.append(more, { durability: 'memory' }),
      log.truncateBefore(14n),
      log.close(),
    ])
    const reopened = await open()
    assert.deepEqual(range(reopened), [14n, 15n])
    assertSame(await collect(reopened), more.slice(1))
    await reopened.close()
  })
}

async function nextOf(reading: AsyncIterator<WalRecord>): Promise<WalRecord> {
  const next = await reading.next()
  assert.ok(next.done !== true, 'the reading ended early')
  return next.value
}
