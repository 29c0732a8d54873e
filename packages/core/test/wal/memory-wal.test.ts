import { expect, it } from 'vitest'
import { walContext } from '../../src/conformance/wal-context.js'
import { collect, testRecords } from '../../src/conformance/wal-records.js'
import type { WalRecord } from '../../src/contract/index.js'
import { memoryWal } from '../../src/wal/memory-wal.js'

it('counts its bytes and forgets everything with the handle', async () => {
  const factory = memoryWal()
  const records = testRecords(1n, 3)
  const log = await factory.open(walContext(undefined))
  await log.append(records, { durability: 'disk' })
  const byteLength = records.reduce((sum, { bytes }) => sum + bytes.length, 0)
  expect(log.stats()).toEqual({ firstLsn: 1n, lastLsn: 3n, byteLength, syncCount: 0 })
  await log.truncateBefore(3n)
  expect(log.stats().byteLength).toBe(records[2]!.bytes.length)
  await log.close()
  expect(await collect(await factory.open(walContext(undefined)))).toEqual([])
})

it('takes nothing when read-only', async () => {
  const log = await memoryWal().open(walContext(undefined, { readOnly: true }))
  const append = log.append(testRecords(1n, 1), { durability: 'disk' })
  await expect(append).rejects.toMatchObject({ code: 'SLUICE_READ_ONLY' })
})

it('holds the bytes of its records and no more, however often it is truncated', async () => {
  const log = await memoryWal().open(walContext(undefined))
  let held: WalRecord[] = []
  for (let round = 0; round < 50; round++) {
    const next = log.stats().lastLsn + 1n
    const more = testRecords(next, 4, { payloadBytes: round * 10, salt: round })
    await log.append(more, { durability: 'memory' })
    await log.truncateAfter(next + 2n)
    await log.truncateBefore(next - 5n)
    held = [...held, ...more.slice(0, 3)].filter(({ lsn }) => lsn >= next - 5n)
    const byteLength = held.reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(log.stats().byteLength).toBe(byteLength)
  }
  expect(await collect(log)).toEqual(held)
  await log.close()
  expect(log.stats().byteLength).toBe(0)
})
