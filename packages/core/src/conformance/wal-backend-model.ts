/**
 * The part of the log suite that compares a log with an array: random operations, alone and
 * overlapping, each checked at once, and at the end everything read back. fast-check shrinks a
 * failure and prints its seed.
 */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import type { Durability } from '../contract/durability.js'
import {
  indexAt,
  type LogModel,
  type OverlappingCall,
  overlap,
  overlappingCalls,
} from './wal-backend-overlap.js'
import { assertSame, covering, invalid, range } from './wal-checks.js'
import { collect, testRecord, testRecords } from './wal-records.js'
import type { WalBackendSuiteOptions, WalSubject, WalTest } from './wal-subject.js'

type Operation =
  | { readonly type: 'append'; readonly sizes: readonly number[]; readonly durability: Durability }
  | { readonly type: 'appendMany'; readonly count: number; readonly durability: Durability }
  | { readonly type: 'gap'; readonly by: number }
  | { readonly type: 'read'; readonly at: number }
  | { readonly type: 'truncateBefore'; readonly at: number }
  | { readonly type: 'truncateAfter'; readonly at: number }
  | { readonly type: 'overlap'; readonly calls: readonly OverlappingCall[] }
  | { readonly type: 'closeAmid'; readonly calls: readonly OverlappingCall[] }
  | { readonly type: 'reopen' }

/**
 * The model test.
 *
 * @internal
 */
export function modelTests(test: WalTest, options: WalBackendSuiteOptions): void {
  const { fc: check, create, capabilities } = options
  // Its own subjects: one a run, not one a test.
  test('behaves like an array of records', async () => {
    const operations = check.array(operation(check, capabilities.persistent), { maxLength: 25 })
    const property = check.asyncProperty(operations, async (list) => {
      const subject = await create()
      try {
        await runModel(subject, list)
      } finally {
        await subject.destroy()
      }
    })
    await check.assert(property, { numRuns: 40 })
  })
}

function operation(check: typeof fc, persistent: boolean): fc.Arbitrary<Operation> {
  const durability = check.constantFrom<Durability>('memory', 'os', 'disk')
  const size = check.oneof(
    check.integer({ min: 0, max: 100 }),
    check.integer({ min: 0, max: 20_000 }),
  )
  const sizes = check.array(size, { maxLength: 6 })
  const at = check.double({ min: 0, max: 1, noNaN: true })
  const always = [
    check.record({ type: check.constant('append' as const), sizes, durability }),
    check.record({
      type: check.constant('appendMany' as const),
      count: check.integer({ min: 1, max: 12 }),
      durability,
    }),
    check.record({ type: check.constant('gap' as const), by: check.integer({ min: 1, max: 3 }) }),
    check.record({ type: check.constant('read' as const), at }),
    check.record({ type: check.constant('truncateBefore' as const), at }),
    check.record({ type: check.constant('truncateAfter' as const), at }),
    check.record({ type: check.constant('overlap' as const), calls: overlappingCalls(check) }),
  ]
  if (!persistent) return check.oneof(...always)
  return check.oneof(
    ...always,
    check.record({ type: check.constant('reopen' as const) }),
    check.record({ type: check.constant('closeAmid' as const), calls: overlappingCalls(check) }),
  )
}

async function runModel(subject: WalSubject, operations: readonly Operation[]): Promise<void> {
  const model: LogModel = { log: await subject.open(), firstLsn: 1n, records: [], salt: 0 }
  try {
    for (const next of operations) {
      model.salt += 1
      await apply(model, next, subject)
      const { firstLsn, records } = model
      assert.deepEqual(range(model.log), [firstLsn, firstLsn + BigInt(records.length) - 1n])
    }
    assertSame(await collect(model.log), model.records)
  } finally {
    await model.log.close()
  }
}

async function apply(model: LogModel, next: Operation, subject: WalSubject): Promise<void> {
  const { log, firstLsn, records, salt } = model
  const nextLsn = firstLsn + BigInt(records.length)
  switch (next.type) {
    case 'append': {
      const { durability } = next
      const added = next.sizes.map((payloadBytes, i) =>
        testRecord(nextLsn + BigInt(i), { payloadBytes, salt }),
      )
      const result = await log.append(added, { durability })
      assert.deepEqual(result, covering(nextLsn, nextLsn + BigInt(added.length) - 1n))
      records.push(...added)
      return
    }
    case 'appendMany': {
      const { durability } = next
      const added = testRecords(nextLsn, next.count, { salt })
      await Promise.all(added.map((record) => log.append([record], { durability })))
      records.push(...added)
      return
    }
    case 'gap': {
      const record = testRecord(nextLsn + BigInt(next.by))
      await assert.rejects(log.append([record], { durability: 'disk' }), invalid)
      return
    }
    case 'read': {
      const index = indexAt(model, next.at)
      assertSame(await collect(log, firstLsn + BigInt(index)), records.slice(index))
      return
    }
    case 'truncateBefore': {
      const index = indexAt(model, next.at)
      await log.truncateBefore(firstLsn + BigInt(index))
      model.firstLsn += BigInt(index)
      records.splice(0, index)
      return
    }
    case 'truncateAfter': {
      const count = indexAt(model, next.at)
      await log.truncateAfter(firstLsn + BigInt(count) - 1n)
      records.length = count
      return
    }
    case 'overlap':
      await overlap(model, next.calls)
      return
    case 'closeAmid': {
      // A reading ends with an error when its log is closed.
      const settled = overlap(
        model,
        next.calls.filter(({ type }) => type !== 'read'),
      )
      await Promise.all([settled, log.close()])
      model.log = await subject.open()
      return
    }
    case 'reopen':
      await log.close()
      model.log = await subject.open()
  }
}
