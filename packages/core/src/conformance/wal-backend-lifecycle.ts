/** The part of the log suite about refusing, closing and opening again. */

import assert from 'node:assert/strict'
import type { WalRecord } from '../contract/wal-backend.js'
import { assertSame, closed, invalid, range } from './wal-checks.js'
import { collect, testRecord, testRecords } from './wal-records.js'
import type { WalBackendSuiteOptions, WalTest } from './wal-subject.js'

/**
 * What a log refuses, without changing anything.
 *
 * @internal
 */
export function refusalTests(test: WalTest): void {
  test('refuses gaps, repetitions and disorder, and changes nothing', async ({ open }) => {
    const log = await open()
    const good = testRecords(1n, 2)
    const [first, second] = good as [WalRecord, WalRecord]
    await assert.rejects(log.append([second], { durability: 'disk' }), invalid)
    await log.append([first], { durability: 'disk' })
    const third = testRecord(3n)
    for (const records of [[first], [third], [second, second], [second, testRecord(4n)]]) {
      await assert.rejects(log.append(records, { durability: 'disk' }), invalid)
    }
    assert.deepEqual(range(log), [1n, 1n])
    await log.append([second], { durability: 'disk' })
    assertSame(await collect(log), good)
    await log.close()
  })

  test('refuses a record over frameBytesMax, and changes nothing', async ({ open }) => {
    const log = await open()
    const [first, third] = [testRecord(1n), testRecord(2n)]
    const tooLarge = { lsn: 2n, bytes: new Uint8Array(log.capabilities.frameBytesMax + 1) }
    await assert.rejects(log.append([first, tooLarge], { durability: 'disk' }), invalid)
    await log.append([first, third], { durability: 'disk' })
    assertSame(await collect(log), [first, third])
    await log.close()
  })

  test('does nothing for a signal that has fired before the call', async ({ open }) => {
    const log = await open()
    const record = testRecord(1n)
    const aborted = AbortSignal.abort(new Error('no longer wanted'))
    const append = log.append([record], { durability: 'disk', signal: aborted })
    await assert.rejects(append, { name: 'AbortError', code: 'SLUICE_ABORTED' })
    assert.deepEqual(range(log), [1n, 0n])
    await log.append([record], { durability: 'disk' })
    assertSame(await collect(log), [record])
    await log.close()
  })

  test('tells the truth about an append whose signal fires after the call', async ({ open }) => {
    const log = await open()
    const controller = new AbortController()
    const record = testRecord(1n)
    const append = log.append([record], { durability: 'disk', signal: controller.signal })
    controller.abort()
    const applied = await append.then(
      () => true,
      (error: unknown) => {
        assert.equal((error as { code?: unknown }).code, 'SLUICE_ABORTED')
        return false
      },
    )
    assertSame(await collect(log), applied ? [record] : [])
    await log.close()
  })
}

/** Reads to the end; returns what it rejects with. */
async function readOn(reading: AsyncIterator<WalRecord>): Promise<{ code?: unknown } | undefined> {
  try {
    while ((await reading.next()).done !== true);
    return undefined
  } catch (error) {
    return error as { code?: unknown }
  }
}

/**
 * Closing, and what a later opening finds.
 *
 * @internal
 */
export function closingTests(test: WalTest, { capabilities }: WalBackendSuiteOptions): void {
  test('finishes what is under way when closed, and refuses what comes later', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 9)
    const levels = ['memory', 'disk', 'os'] as const
    const appends = records.map((r, i) => log.append([r], { durability: levels[i % 3]! }))
    const closing = log.close()
    await Promise.all(appends)
    await closing
    await assert.rejects(log.append([testRecord(10n)], { durability: 'disk' }), closed)
    await assert.rejects(collect(log), closed)
    await assert.rejects(async () => log.truncateBefore(2n), closed)
    await assert.rejects(async () => log.truncateAfter(2n), closed)
    await log.close()
    if (!capabilities.persistent) return
    const reopened = await open()
    assertSame(await collect(reopened), records)
    await reopened.close()
  })

  test('ends a reading that goes on across close', async ({ open }) => {
    const log = await open()
    await log.append(testRecords(1n, 4), { durability: 'disk' })
    const reading = log.read(1n)[Symbol.asyncIterator]()
    assert.equal((await reading.next()).done, false)
    await log.close()
    const outcome = await readOn(reading)
    const rule = 'a reading that was not over when the log was closed must reject'
    assert.notEqual(outcome, undefined, `${rule}, and not end as if all had been read`)
    assert.equal(outcome?.code, closed.code, `${rule} with ${closed.code}, not with ${outcome}`)
  })

  if (!capabilities.persistent) return
  for (const durability of ['memory', 'os', 'disk'] as const) {
    test(`finds everything again after a close, written at ${durability}`, async ({ open }) => {
      let expected: WalRecord[] = []
      for (let round = 0; round < 3; round++) {
        const log = await open()
        assertSame(await collect(log), expected)
        const more = testRecords(BigInt(expected.length + 1), 4, { salt: round })
        await log.append(more, { durability })
        expected = [...expected, ...more]
        await log.close()
      }
      const log = await open()
      assert.deepEqual(range(log), [1n, 12n])
      assertSame(await collect(log), expected)
      await log.close()
    })
  }
}
