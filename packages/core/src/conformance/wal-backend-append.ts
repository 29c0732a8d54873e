/** The part of the log suite about appending and reading. */

import assert from 'node:assert/strict'
import type { WalRecord } from '../contract/wal-backend.js'
import { LIMITS } from '../limits.js'
import { assertSame, covering, range } from './wal-checks.js'
import { collect, testRecord, testRecords } from './wal-records.js'
import type { WalBackendSuiteOptions, WalTest } from './wal-subject.js'

const OWN_BYTES = "the bytes that `read` yields must be the reader's own"

/**
 * What an append does, and what a reading yields.
 *
 * @internal
 */
export function appendTests(test: WalTest, options: WalBackendSuiteOptions): void {
  readingTests(test, options)
  ownershipTests(test)
  volumeTests(test)
}

function readingTests(test: WalTest, { capabilities }: WalBackendSuiteOptions): void {
  test('claims the capabilities it was announced with', async ({ open }) => {
    const log = await open()
    const { durabilities, persistent, frameBytesMax, inlineBytesMax } = log.capabilities
    assert.deepEqual([...durabilities], [...capabilities.durabilities])
    assert.equal(persistent, capabilities.persistent)
    assert.ok(durabilities.includes('disk'), 'the capability `durabilities` must have disk in it')
    assert.ok(inlineBytesMax >= 0, 'the capability `inlineBytesMax` must be 0 or more')
    const least = 2 * LIMITS.inlineBytesMax
    assert.ok(frameBytesMax >= least, `the capability \`frameBytesMax\` must be ${least} or more`)
    await log.close()
  })

  test('starts empty and gives back exactly what was appended, in order', async ({ open }) => {
    const log = await open()
    assert.deepEqual(await collect(log), [])
    assert.deepEqual(range(log), [1n, 0n])
    const records = testRecords(1n, 5)
    assert.deepEqual(
      await log.append(records.slice(0, 2), { durability: 'disk' }),
      covering(1n, 2n),
    )
    assert.deepEqual(await log.append(records.slice(2), { durability: 'disk' }), covering(3n, 5n))
    assertSame(await collect(log), records)
    assert.deepEqual(range(log), [1n, 5n])
    assert.ok(log.stats().byteLength > 0)
    await log.close()
  })

  test('reads from any record on, and from the first one held', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 6)
    await log.append(records, { durability: 'disk' })
    for (let from = 0; from <= 8; from++) {
      assertSame(await collect(log, BigInt(from)), records.slice(Math.max(0, from - 1)))
    }
    await log.close()
  })

  test('does not read beyond the end at the time of the call', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 3)
    await log.append(records.slice(0, 2), { durability: 'disk' })
    const reading = log.read(1n)
    await log.append(records.slice(2), { durability: 'disk' })
    const seen: WalRecord[] = []
    for await (const record of reading) seen.push(record)
    assertSame(seen, records.slice(0, 2))
    await log.close()
  })
}

function ownershipTests(test: WalTest): void {
  for (const durability of ['memory', 'os', 'disk'] as const) {
    test(`keeps no reference to the bytes of an append at ${durability}`, async ({ open }) => {
      const log = await open()
      const records = testRecords(1n, 3)
      const given = records.map(({ lsn, bytes }) => ({ lsn, bytes: bytes.slice() }))
      await log.append(given, { durability })
      for (const { bytes } of given) bytes.fill(0xee)
      const appended = 'an append must keep no reference to its bytes once it has settled'
      assertSame(await collect(log), records, appended)
      for (const record of await collect(log)) record.bytes.fill(0xdd)
      assertSame(await collect(log), records, OWN_BYTES)
      const seen: WalRecord[] = []
      for await (const { lsn, bytes } of log.read(1n)) {
        seen.push({ lsn, bytes: bytes.slice() })
        bytes.fill(0xcc)
      }
      assertSame(seen, records, OWN_BYTES)
      const kept = await collect(log)
      await log.append([testRecord(4n)], { durability })
      await collect(log)
      assertSame(kept, records, OWN_BYTES)
      await log.close()
    })
  }

  test('takes records from shared memory and from the middle of a buffer', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 2)
    const shared = records.map(({ lsn, bytes }, i) => {
      const memory = i === 0 ? new SharedArrayBuffer(4096) : new ArrayBuffer(4096)
      const copy = new Uint8Array(memory, 64 + i, bytes.length)
      copy.set(bytes)
      return { lsn, bytes: copy }
    })
    await log.append(shared, { durability: 'disk' })
    assertSame(await collect(log), records)
    await log.close()
  })
}

function volumeTests(test: WalTest): void {
  test('takes many small records and few large ones', async ({ open }) => {
    const log = await open()
    const small = testRecords(1n, 3000, { payloadBytes: 8 })
    const large = testRecords(3001n, 2, { payloadBytes: 3 * 1024 * 1024 })
    await log.append([...small, ...large], { durability: 'disk' })
    assertSame(await collect(log), [...small, ...large])
    await log.close()
  })

  test('applies appends in the order of their calls, awaited or not', async ({ open }) => {
    const log = await open()
    const records = testRecords(1n, 60)
    const levels = ['disk', 'memory', 'os'] as const
    const results = await Promise.all(
      records.map((record, i) => log.append([record], { durability: levels[i % 3]! })),
    )
    assert.deepEqual(
      results,
      records.map(({ lsn }) => covering(lsn, lsn)),
    )
    assertSame(await collect(log), records)
    await log.close()
  })

  test('takes an append of no records', async ({ open }) => {
    const log = await open()
    assert.deepEqual(await log.append([], { durability: 'disk' }), covering(1n, 0n))
    const records = testRecords(1n, 2)
    await log.append(records, { durability: 'memory' })
    assert.deepEqual(await log.append([], { durability: 'disk' }), covering(3n, 2n))
    assertSame(await collect(log), records)
    await log.close()
  })
}
