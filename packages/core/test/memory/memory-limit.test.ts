/** `memoryBytesMax` holds for slabs, tables and writes under way together. */

import { describe, expect, it } from 'vitest'
import { open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import {
  checkMemory,
  fill,
  heldLog,
  KIB,
  MIB,
  openDocs,
  openSmall,
  ownAllocator,
  REFUSED,
  rowsOf,
  SCHEMA,
  settle,
} from './small-database.js'

describe('the limit on memory', () => {
  it('counts reserved rows, and refuses to reserve over it', async () => {
    const database = await openSmall({ memoryBytesMax: 2 * MIB })
    const docs = await openDocs(database)
    await docs.reserve(800)
    expect(database.stats().memory.budget.leasedBytes).toBe(1 * MIB)
    await expect(docs.reserve(3000)).rejects.toMatchObject(REFUSED)
    expect(database.stats().memory.budget.leasedBytes).toBe(1 * MIB)
    await docs.add(rowsOf(400))
    checkMemory(database)
  })

  it('lets a reserve wait for writes under way', async () => {
    const { wal, release } = heldLog()
    const database = await openSmall({ memoryBytesMax: 2 * MIB, wal })
    const docs = await openDocs(database)
    const held = docs.add(rowsOf(600))
    await settle()
    const reserved = docs.reserve(900)
    await settle()
    expect(database.stats().queue.waiting).toBe(1)
    release()
    await Promise.all([held, reserved])
    checkMemory(database)
  })

  it('takes writes again once a collection was dropped', async () => {
    const database = await openSmall({ memoryBytesMax: 2 * MIB })
    const docs = await openDocs(database)
    const other = await openDocs(database, 'other')
    await fill(database, other, () => rowsOf(100))
    await expect(docs.add(rowsOf(300))).rejects.toMatchObject(REFUSED)
    await database.dropCollection('other')
    expect(database.stats().memory.budget.leasedBytes).toBe(0)
    await docs.add(rowsOf(300))
    checkMemory(database)
  })

  it('ends an ingest that passes it, and says how far it came', async () => {
    const database = await openSmall({ memoryBytesMax: 4 * MIB })
    const docs = await openDocs(database)
    const source = Array.from({ length: 100 }, () => rowsOf(100))
    const error = await docs.ingest(source).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    const { rowsAcknowledged } = (error as { details: { rowsAcknowledged: number } }).details
    expect(rowsAcknowledged).toBeGreaterThan(1000)
    expect(await docs.count()).toBe(rowsAcknowledged)
    checkMemory(database)
  })

  it('counts leases of an allocator of the caller, beside its own limit', async () => {
    const allocator = ownAllocator(64 * MIB)
    const database = await openSmall({ allocator, memoryBytesMax: 2 * MIB })
    const docs = await openDocs(database)
    await fill(database, docs, () => rowsOf(100))
    expect(allocator.stats().leasedBytes).toBeLessThanOrEqual(2 * MIB)
    await database.close()
    expect(allocator.stats().leaseCount).toBe(0)

    const tight = await openSmall({ allocator: ownAllocator(1 * MIB), memoryBytesMax: 64 * MIB })
    const error = await fill(tight, await openDocs(tight), () => rowsOf(100))
      .then(() => openDocs(tight))
      .then((full) => full.add(rowsOf(300)))
      .catch((e: unknown) => e)
    expect(error).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('the allocator refused'),
      details: { max: 64 * MIB },
    })
  })

  it('refuses to open what does not fit, and opens it once it does', async () => {
    const path = await temporaryDirectory()
    const database = await open({ path })
    const docs = await openDocs(database)
    for (let i = 0; i < 8; i++) await docs.add(rowsOf(3000))
    await database.close()
    await expect(open({ path, memoryBytesMax: 2 * MIB })).rejects.toMatchObject({
      code: 'SLUICE_LIMIT_EXCEEDED',
      message: expect.stringContaining('raise `memoryBytesMax`'),
    })
    const again = await openSmall({ path, memoryBytesMax: 40 * MIB })
    expect(await (await again.collection('docs')).count()).toBe(24_000)
    checkMemory(again)
  })

  it('keeps room for a bit per row, so that every row can become visible', async () => {
    const database = await openSmall({ memoryBytesMax: 8 * MIB })
    const bits = await database.collection('bits', {
      ...SCHEMA,
      dtype: 'bit',
      metric: 'hamming',
      dimension: 32,
    })
    await bits.add({ vectors: new Uint8Array(4 * 1000) })
    const { aliveBytes } = database.stats().memory.budget
    // A segment of 256 KiB has a header page, and whole words of bits.
    expect(aliveBytes).toBe((256 * KIB - 4 * KIB) / 4 / 8)
    expect(bits.stats().vectors.memoryBytes).toBe(256 * KIB)
  })
})
