/**
 * A write over `memoryBytesMax` waits for those under way, then it is refused, and a refused write
 * changes nothing.
 */

import { describe, expect, it } from 'vitest'
import type { Batch, Collection } from '../../src/index.js'
import {
  checkMemory,
  DIMENSION,
  fill,
  heldLog,
  MIB,
  openDocs,
  openSmall,
  REFUSED,
  rowsOf,
  settle,
} from './small-database.js'

async function stateOf(docs: Collection): Promise<unknown> {
  const rows = []
  for await (const row of docs.iterate({ include: ['metadata'] })) rows.push(row)
  const { rows: rowCount, deadRows, idKind } = docs.stats()
  return { rows, rowCount, deadRows, idKind }
}

describe('a write over the limit', () => {
  const text = 'x'.repeat(200)
  const vectors = new Float32Array(100 * DIMENSION)
  const keys = Array.from({ length: 100 }, (_, i) => i)
  const kinds: readonly (readonly [string, (number: number) => Batch])[] = [
    ['u64', (number) => ({ ids: keys.map((key) => number * 100 + key), vectors })],
    ['string', (number) => ({ ids: keys.map((key) => `${number}-${key}-${text}`), vectors })],
    ['assigned', () => ({ vectors })],
  ]

  it.each(kinds)('is refused, and changes nothing, with %s ids', async (_, batchOf) => {
    const database = await openSmall({ memoryBytesMax: 6 * MIB })
    const docs = await openDocs(database)
    const withMetadata = (number: number): Batch => ({
      ...batchOf(number),
      metadata: keys.map((key) => ({ number, key, text })),
    })
    const written = await fill(database, docs, withMetadata)
    expect(written).toBeGreaterThan(10)
    const before = await stateOf(docs)
    expect(before).toMatchObject({ rowCount: written * 100, deadRows: 0 })
    const { memory, queue } = database.stats()
    expect(queue).toMatchObject({ bytes: 0, waiting: 0 })
    for (let again = 0; again < 3; again++) {
      await expect(docs.add(withMetadata(written))).rejects.toMatchObject(REFUSED)
      await expect(docs.upsert(withMetadata(written))).rejects.toMatchObject(REFUSED)
    }
    expect(await stateOf(docs)).toEqual(before)
    expect(database.stats().memory.budget.usedBytes).toBe(memory.budget.usedBytes)
    // The ids of the refused batch are as free as before.
    const one = withMetadata(written)
    await docs.add({
      ...(one.ids ? { ids: [(one.ids as number[])[0]!] } : {}),
      vectors: vectors.subarray(0, DIMENSION),
    } as Batch)
    expect(await docs.count()).toBe(written * 100 + 1)
  })

  it('says what was asked for, what is in use by kind, and what to raise', async () => {
    const database = await openSmall({ memoryBytesMax: 2 * MIB })
    const docs = await openDocs(database)
    await fill(database, docs, () => rowsOf(100))
    const error: unknown = await docs.add(rowsOf(100)).catch((e: unknown) => e)
    const { leasedBytes, aliveBytes } = database.stats().memory.budget
    expect(error).toMatchObject({
      ...REFUSED,
      message: expect.stringMatching(/at most 2097152 \(raise `memoryBytesMax`/),
      details: { max: 2 * MIB, leased: leasedBytes, alive: aliveBytes },
    })
    const { asked, used } = (error as { details: { asked: number; used: number } }).details
    expect(asked + used).toBeGreaterThan(2 * MIB)
  })

  it('is refused at once when it is larger than all memory', async () => {
    const { wal, release } = heldLog()
    const database = await openSmall({ memoryBytesMax: 2 * MIB, wal })
    const docs = await openDocs(database)
    const held = docs.add(rowsOf(10))
    await settle()
    await expect(docs.add(rowsOf(2100))).rejects.toMatchObject(REFUSED)
    release()
    await held
  })

  it('waits while writes are under way that give memory back', async () => {
    const { wal, release } = heldLog()
    const database = await openSmall({ memoryBytesMax: 2 * MIB, wal })
    const docs = await openDocs(database)
    const held = docs.add(rowsOf(600))
    await settle()
    // Beside the first one (rows and their copy) there is no room for it; alone there is.
    let isSettled = false
    const waiting = docs.add(rowsOf(400)).finally(() => {
      isSettled = true
    })
    await settle()
    expect(isSettled).toBe(false)
    checkMemory(database)
    expect(database.stats().queue).toMatchObject({ waiting: 1 })
    release()
    await Promise.all([held, waiting])
    expect(await docs.count()).toBe(1000)
    checkMemory(database)
  })

  it('is not refused for writes of its own collection that fit one after another', async () => {
    const database = await openSmall({ memoryBytesMax: 8 * MIB })
    const docs = await openDocs(database)
    const other = await openDocs(database, 'other')
    const writes = Array.from({ length: 8 }, (_, i) =>
      (i % 2 === 0 ? docs : other).add(rowsOf(600)),
    )
    await Promise.all(writes)
    expect((await docs.count()) + (await other.count())).toBe(4800)
    checkMemory(database)
  })

  it('gives up at once when its signal fires', async () => {
    const { wal, release } = heldLog()
    const database = await openSmall({ memoryBytesMax: 2 * MIB, wal })
    const docs = await openDocs(database)
    const held = docs.add(rowsOf(600))
    await settle()
    const first = new AbortController()
    const second = new AbortController()
    const waiting = docs.add(rowsOf(400), { signal: first.signal })
    const behind = docs.add(rowsOf(5), { signal: second.signal })
    await settle()
    const aborted = { code: 'SLUICE_ABORTED', details: { applied: false } }
    second.abort()
    await expect(behind).rejects.toMatchObject(aborted)
    first.abort()
    await expect(waiting).rejects.toMatchObject(aborted)
    release()
    await held
    expect(await docs.count()).toBe(600)
    expect(database.stats().queue).toMatchObject({ bytes: 0, waiting: 0 })
  })

  it('is waited for by close', async () => {
    const { wal, release } = heldLog()
    const database = await openSmall({ memoryBytesMax: 2 * MIB, wal })
    const docs = await openDocs(database)
    const held = docs.add(rowsOf(600))
    await settle()
    const waiting = docs.add(rowsOf(400))
    const hopeless = docs.add(rowsOf(1500))
    const outcomes = Promise.allSettled([held, waiting, hopeless])
    const closed = database.close()
    await settle()
    release()
    expect(await outcomes).toMatchObject([
      { status: 'fulfilled', value: { rows: 600 } },
      { status: 'fulfilled', value: { rows: 400 } },
      { status: 'rejected', reason: REFUSED },
    ])
    await closed
  })

  it('ends with the others when the log fails', async () => {
    const { wal, release } = heldLog([{ append: 2, action: 'error-before' }])
    const database = await openSmall({ memoryBytesMax: 2 * MIB, wal })
    const docs = await openDocs(database)
    const held = docs.add(rowsOf(600))
    await settle()
    const waiting = docs.add(rowsOf(400))
    const behind = docs.add(rowsOf(5))
    const outcomes = Promise.allSettled([held, waiting, behind])
    await settle()
    release()
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'SLUICE_IO' } },
      { status: 'rejected', reason: { code: 'SLUICE_POISONED' } },
      { status: 'rejected', reason: { code: 'SLUICE_POISONED' } },
    ])
    expect(database.stats().queue).toMatchObject({ bytes: 0, waiting: 0 })
    await database.close().catch(() => undefined)
  })

  it('does not wait for a delete that needs its turn', async () => {
    const { wal, release } = heldLog()
    const database = await openSmall({ memoryBytesMax: 2 * MIB, wal })
    const docs = await openDocs(database)
    const held = docs.add(rowsOf(600))
    const deleted = docs.delete({ ids: [1, 2, 3] })
    await settle()
    // It comes in, finds no memory for another slab, and waits for all others to leave.
    const waiting = docs.add(rowsOf(300))
    await settle()
    expect(database.stats().queue.waiting).toBe(1)
    release()
    await Promise.all([held, waiting])
    expect(await deleted).toMatchObject({ deleted: 3 })
    expect(await docs.count()).toBe(897)
  })
})
