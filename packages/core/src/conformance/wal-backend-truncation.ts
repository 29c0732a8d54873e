/** The part of the log suite about forgetting records, at either end. */

import assert from 'node:assert/strict'
import type { WalBackend } from '../contract/wal-backend.js'
import { assertSame, invalid, range } from './wal-checks.js'
import { collect, testRecords } from './wal-records.js'
import type { WalBackendSuiteOptions, WalSubject, WalTest } from './wal-subject.js'

/**
 * Truncation before and after a record, with and without a reopening in between.
 *
 * @internal
 */
export function truncationTests(
  test: WalTest,
  { persistent }: WalBackendSuiteOptions['capabilities'],
): void {
  beforeTests(test)
  afterTests(test)
  orderTests(test)
  if (persistent) reopenTests(test)
}

function beforeTests(test: WalTest): void {
  test('forgets exactly the records below an LSN', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 6)
    await log.append(records, { durability: 'disk' })
    await log.truncateBefore(4n)
    assert.deepEqual(range(log), [4n, 6n])
    assertSame(await collect(log), records.slice(3))
    await log.truncateBefore(2n)
    assert.deepEqual(range(log), [4n, 6n])
    await log.close()
  })

  test('continues its numbers after forgetting everything', async ({ open }) => {
    const log = await open()
    await log.append(testRecords(1n, 3), { durability: 'disk' })
    await log.truncateBefore(1000n)
    assert.deepEqual(range(log), [4n, 3n])
    assert.deepEqual(await collect(log), [])
    const more = testRecords(4n, 2)
    await log.append(more, { durability: 'disk' })
    assertSame(await collect(log), more)
    await log.close()
  })
}

function afterTests(test: WalTest): void {
  test('forgets exactly the records above an LSN and gives their numbers again', async ({
    open,
  }) => {
    const log = await open()
    const records = testRecords(1n, 6)
    await log.append(records, { durability: 'disk' })
    await log.truncateAfter(9n)
    assert.deepEqual(range(log), [1n, 6n])
    await log.truncateAfter(2n)
    assert.deepEqual(range(log), [1n, 2n])
    const others = testRecords(3n, 3, { salt: 5 })
    await log.append(others, { durability: 'disk' })
    assertSame(await collect(log), [...records.slice(0, 2), ...others])
    await log.close()
  })

  test('can forget all records from the end, but not more than it holds', async ({ open }) => {
    const log = await open()
    await log.append(testRecords(1n, 5), { durability: 'disk' })
    await log.truncateBefore(3n)
    await assert.rejects(log.truncateAfter(1n), invalid)
    assert.deepEqual(range(log), [3n, 5n])
    await log.truncateAfter(2n)
    assert.deepEqual(range(log), [3n, 2n])
    const more = testRecords(3n, 2, { salt: 9 })
    await log.append(more, { durability: 'disk' })
    assertSame(await collect(log), more)
    await log.close()
  })
}

function orderTests(test: WalTest): void {
  test('truncates in the order of the calls, between appends not awaited', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 6)
    const again = testRecords(4n, 2, { salt: 1 })
    await Promise.all([
      log.append(records.slice(0, 3), { durability: 'memory' }),
      log.append(records.slice(3), { durability: 'disk' }),
      log.truncateAfter(3n),
      log.truncateBefore(2n),
      log.append(again, { durability: 'os' }),
    ])
    assert.deepEqual(range(log), [2n, 5n])
    assertSame(await collect(log), [...records.slice(1, 3), ...again])
    await log.close()
  })

  test('forgets records that are still waiting at memory', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 4)
    await log.append(records, { durability: 'memory' })
    await log.truncateAfter(3n)
    await log.truncateBefore(2n)
    assertSame(await collect(log), records.slice(1, 3))
    await log.close()
  })
}

function reopenTests(test: WalTest): void {
  test('remembers both truncations after reopening, and continues', async (subject) => {
    const records = testRecords(1n, 8)
    await using(subject, async (log) => {
      await log.append(records, { durability: 'disk' })
      await log.truncateBefore(3n)
      await log.truncateAfter(6n)
    })
    const more = testRecords(7n, 2, { salt: 3 })
    await using(subject, async (log) => {
      assert.deepEqual(range(log), [3n, 6n])
      assertSame(await collect(log), records.slice(2, 6))
      await log.append(more, { durability: 'disk' })
    })
    await using(subject, async (log) => {
      assertSame(await collect(log), [...records.slice(2, 6), ...more])
    })
  })

  test('remembers its numbers after reopening with nothing in it', async (subject) => {
    await using(subject, async (log) => {
      await log.append(testRecords(1n, 3), { durability: 'disk' })
      await log.truncateBefore(4n)
    })
    await using(subject, async (log) => {
      assert.deepEqual(range(log), [4n, 3n])
      await assert.rejects(log.append(testRecords(1n, 1), { durability: 'disk' }), invalid)
      await log.append(testRecords(4n, 1), { durability: 'disk' })
    })
    await using(subject, async (log) => {
      assert.deepEqual(range(log), [4n, 4n])
    })
  })
}

async function using(subject: WalSubject, body: (log: WalBackend) => Promise<void>): Promise<void> {
  const log = await subject.open()
  try {
    await body(log)
  } finally {
    await log.close()
  }
}
