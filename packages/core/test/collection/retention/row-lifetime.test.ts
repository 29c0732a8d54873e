/** Rows that are only so old. */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { add, capped, closeAll, idsOf, openIn, range, SCHEMA, SEGMENT_ROWS } from './capped-rows.js'

afterEach(closeAll)

describe('a collection whose rows live for some time', () => {
  it('loses them when they are too old, the last one too, though nobody writes', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: 1_000_000_000_123 })
    const { database, docs } = await capped({ ttlMs: 60_000 })
    await add(docs, 0, 20)
    await vi.advanceTimersByTimeAsync(30_000)
    await add(docs, 20, 30)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await idsOf(database, docs)).toEqual(range(0, 50))
    await vi.advanceTimersByTimeAsync(1)
    expect(await idsOf(database, docs)).toEqual(range(20, 50))
    await vi.advanceTimersByTimeAsync(29_999)
    expect(await idsOf(database, docs)).toEqual(range(20, 50))
    await vi.advanceTimersByTimeAsync(1)
    expect(await idsOf(database, docs)).toEqual([])
    expect(docs.stats()).toMatchObject({ rows: 0, evictedRows: 50 })
    await add(docs, 0, 50)
    expect(await idsOf(database, docs)).toEqual(range(0, 50))
    expect(await docs.get([7n])).toEqual([{ id: 7n, metadata: { id: 7 } }])
  })

  it('has those of the last second, at a trickle of rows and default sizes', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: 1_000_000_000_000 })
    const database = await openIn()
    const docs = await database.collection('docs', { dimension: 4, retention: { ttlMs: 1000 } })
    for (let row = 0; row < 60; row++) {
      await docs.add({ vectors: [[1, row, 0, 0]], metadata: [{ row }] })
      await database.flush()
      // Written 150 ms apart: seven of them within a second, and a sixteenth of it more.
      expect(await docs.count()).toBeLessThanOrEqual(8)
      const oldest = (await docs.search({ vector: [1, 0, 0, 0], k: 1 })).at(0)
      const { row: oldestRow = -1 } = (oldest?.metadata ?? {}) as { row?: number }
      expect(oldestRow).toBeGreaterThanOrEqual(row - 7)
      expect(oldestRow).toBeLessThanOrEqual(Math.max(0, row - 6))
      await vi.advanceTimersByTimeAsync(150)
    }
    await vi.advanceTimersByTimeAsync(1000)
    await database.flush()
    expect(await docs.count()).toBe(0)
  })

  it('counts time once, however often it is closed in between', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000_000 })
    const path = await temporaryDirectory()
    const schema = { ...SCHEMA, retention: { ttlMs: 60_000 } }
    for (let round = 0; round < 20; round++) {
      const database = await openIn({ path })
      const docs = await database.collection('docs', schema)
      await add(docs, round, 1)
      const ids = await idsOf(database, docs)
      // One row each 10 seconds, of which all are in one segment.
      expect(ids).toEqual(range(Math.max(0, round - 6), round + 1))
      await database.close()
      vi.setSystemTime(Date.now() + 10_000)
    }
  })

  it('remembers when rows were written, in the log and in checkpoints', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000_000 })
    const path = await temporaryDirectory()
    const first = await capped({ ttlMs: 60_000 }, { path, checkpoint: false })
    await add(first.docs, 0, SEGMENT_ROWS)
    vi.setSystemTime(Date.now() + 20_000)
    await add(first.docs, 32, SEGMENT_ROWS)
    await first.database.close()
    vi.setSystemTime(Date.now() + 20_000)
    const second = await openIn({ path })
    await second.checkpoint()
    await second.close()
    vi.setSystemTime(Date.now() + 21_000)
    const third = await openIn({ path })
    expect(await idsOf(third, await third.collection('docs'))).toEqual(range(32, 64))
    await third.close()
    vi.setSystemTime(Date.now() + 20_000)
    const last = await openIn({ path })
    expect(await idsOf(last, await last.collection('docs'))).toEqual([])
  })

  it('counts rows that were there before as written when the bound was set', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000_000 })
    const path = await temporaryDirectory()
    const before = await openIn({ path })
    await add(await before.collection('docs', SCHEMA), 0, 40)
    vi.setSystemTime(Date.now() + 1e9)
    const docs = await before.collection('docs', { ...SCHEMA, retention: { ttlMs: 60_000 } })
    expect(await idsOf(before, docs)).toEqual(range(0, 40))
    await before.close()
    vi.setSystemTime(Date.now() + 59_000)
    const during = await openIn({ path })
    expect(await idsOf(during, await during.collection('docs'))).toEqual(range(0, 40))
    await during.close()
    vi.setSystemTime(Date.now() + 3_000)
    const after = await openIn({ path })
    expect(await idsOf(after, await after.collection('docs'))).toEqual([])
  })

  it('keeps rows longer when the clock is set back', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000_000 })
    const { database, docs } = await capped({ ttlMs: 60_000 })
    await add(docs, 0, 10)
    vi.setSystemTime(Date.now() - 1e9)
    await add(docs, 10, 10)
    vi.setSystemTime(Date.now() + 1e9 + 59_000)
    await add(docs, 20, 1)
    expect(await idsOf(database, docs)).toEqual(range(0, 21))
  })
})
