/** Which rows a capped collection loses, and what goes with them. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RetentionSchema } from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import {
  add,
  capped,
  closeAll,
  DIMENSION,
  idsOf,
  openIn,
  range,
  SCHEMA,
  SEGMENT_ROWS,
  segmentsLeft,
} from './capped-rows.js'

afterEach(closeAll)

const BOUNDS: readonly (readonly [string, RetentionSchema])[] = [
  ['rows', { rowsMax: 40 }],
  ['bytes', { bytesMax: 40 * 4 * DIMENSION }],
]

describe.each(BOUNDS)('a collection capped by %s', (_, retention) => {
  it('loses its oldest rows in small steps, before the write over the bound resolves', async () => {
    const { docs } = await capped(retention)
    await add(docs, 0, 41)
    expect(await docs.count()).toBe(41)
    await add(docs, 41, 1)
    expect(await docs.count()).toBe(40)
    expect(docs.stats()).toMatchObject({ rows: 40, evictedRows: 2 })
    expect(await docs.get([1n, 2n])).toEqual([undefined, { id: 2n, metadata: { id: 2 } }])
    await add(docs, 42, 131)
    expect(await docs.count()).toBe(41)
    expect(docs.stats()).toMatchObject({ rows: 41, evictedRows: 132 })
  })

  it('keeps its bound when an ingest resolves, however many pieces were under way', async () => {
    const { docs } = await capped(retention, { ingest: { batchRowsMax: 8 } })
    for (let load = 0; load < 20; load++) {
      const batches = range(0, 12).map(() => ({ vectors: new Float32Array(8 * DIMENSION) }))
      await docs.ingest(batches)
      const { rows } = docs.stats()
      expect(rows).toBeGreaterThanOrEqual(40)
      expect(rows).toBeLessThanOrEqual(41)
    }
  })

  it('finds no evicted row, whoever asks', async () => {
    const { database, docs } = await capped(retention)
    await add(docs, 0, 80)
    await database.flush()
    expect(await docs.get([39n, 40n])).toEqual([undefined, { id: 40n, metadata: { id: 40 } }])
    const near = { vector: new Float32Array(DIMENSION).fill(3), k: 2 }
    for (const exact of [true, false]) {
      const hits = await docs.search({ ...near, ...(exact ? { exact } : {}) })
      expect([...hits.ids]).toEqual([40n, 41n])
    }
    expect(await docs.delete({ ids: [3n, 4n] })).toEqual({ deleted: 0, lsn: expect.anything() })
    await expect(docs.iterate({ after: 3n }).next()).rejects.toMatchObject({
      code: 'SLUICE_NOT_FOUND',
    })
  })

  it('takes evicted ids again, before and after their memory went', async () => {
    const { database, docs } = await capped(retention)
    await add(docs, 0, 64)
    // A walk keeps ids and memory.
    const walk = docs.iterate()
    await walk.next()
    await add(docs, 64, 16)
    await database.flush()
    expect(await docs.delete({ ids: [0n, 1n, 2n] })).toMatchObject({ deleted: 0 })
    expect(await docs.delete({ ids: [2n, 3n, 60n] })).toMatchObject({ deleted: 1 })
    await add(docs, 60, 1)
    await add(docs, 3, 2)
    const again = { ids: [5n], vectors: [new Float32Array(DIMENSION)] }
    expect(await docs.upsert(again)).toMatchObject({ inserted: 1, updated: 0 })
    await walk.return(undefined)
    await segmentsLeft(docs, 2)
    await add(docs, 6, 2)
    const left = [...range(46, 60), ...range(61, 80), 60, 3, 4, 5, 6, 7]
    expect(await idsOf(database, docs)).toEqual(left)
  })
})

describe('a capped collection', () => {
  it('counts rows as they are written: the new row of an id is the newest', async () => {
    const { database, docs } = await capped({ rowsMax: 40 })
    await add(docs, 0, 64)
    await docs.upsert({ ids: [0n, 1n], vectors: range(0, 2).map(() => new Float32Array(1900)) })
    await docs.delete({ ids: range(32, 60).map(BigInt) })
    expect(await idsOf(database, docs)).toEqual([...range(26, 32), ...range(60, 64), 0, 1])
    await add(docs, 100, 6)
    expect(await idsOf(database, docs)).toEqual([...range(60, 64), 0, 1, ...range(100, 106)])
    expect(docs.stats().evictedRows).toBe(32)
  })

  it('has a record for a segment at most where many segments are kept', async () => {
    const { database, docs } = await capped({ rowsMax: 16 * SEGMENT_ROWS })
    await add(docs, 0, 16 * SEGMENT_ROWS)
    const { lastLsn } = database.stats().wal
    for (let row = 0; row < 2 * SEGMENT_ROWS; row++) await add(docs, 1000 + row, 1)
    expect(database.stats().wal.lastLsn - lastLsn).toBe(BigInt(2 * SEGMENT_ROWS + 2))
    expect(await docs.count()).toBe(16 * SEGMENT_ROWS)
  })

  it('has lost what is over a new bound when opening it with that resolves', async () => {
    const { database, docs } = await capped({ rowsMax: 400 })
    await add(docs, 0, 300)
    await database.collection('docs', { ...SCHEMA, retention: { rowsMax: 32 } })
    expect(await docs.count()).toBe(32)
    expect(docs.stats().evictedRows).toBe(268)
  })

  it('evicts nothing twice, however it ended', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await capped({ rowsMax: 40 }, { path, checkpoint: false })
    await add(docs, 0, 71)
    await database.close()
    for (let round = 0; round < 3; round++) {
      const again = await openIn({ path })
      expect(await idsOf(again, await again.collection('docs'))).toEqual(range(30, 71))
      // Creation, rows, what went.
      expect(again.stats().wal.lastLsn).toBe(3n)
      await again.close()
    }
  })

  it('gives memory back without a checkpoint, and keeps it for reads under way', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await capped({ rowsMax: 40 }, { path, checkpoint: false })
    await add(docs, 0, 64)
    const walk = docs.iterate({ include: ['vector', 'metadata'] })
    expect((await walk.next()).value).toMatchObject({ id: 24n })
    await add(docs, 64, 64)
    await database.flush()
    expect(docs.stats().vectors.segmentCount).toBe(4)
    const seen: bigint[] = []
    for await (const { id, vector, metadata } of walk) {
      expect(vector?.[7]).toBe(Number(id))
      expect(metadata).toEqual({ id: Number(id) })
      seen.push(id as bigint)
    }
    expect(seen).toEqual(range(25, 64).map(BigInt))
    await segmentsLeft(docs, 2)
    expect(docs.stats()).toMatchObject({ rows: 40, deadRows: 24, evictedRows: 88 })
  })

  it('gives memory back of rows that were in the log alone', async () => {
    const path = await temporaryDirectory()
    const database = await openIn({ path, checkpoint: false })
    const warnings: unknown[] = []
    database.on('warning', (warning) => warnings.push(warning))
    // 64,000 bytes at a time travel in the log; 4,032 rows fill a segment.
    const schema = { dimension: 16, segmentBytes: 256 * 1024, retention: { rowsMax: 100 } }
    const docs = await database.collection('docs', schema)
    for (let i = 0; i < 5; i++) await docs.add({ vectors: new Float32Array(16_000).fill(1) })
    await database.flush()
    await segmentsLeft(docs, 1)
    expect(warnings).toEqual([])
    expect(await docs.count()).toBe(104)
  })

  it('takes no more memory for ids and metadata, however much is written', async () => {
    const database = await openIn()
    const schema = { dimension: 64, segmentBytes: 256 * 1024, retention: { rowsMax: 1000 } }
    const docs = await database.collection('docs', schema)
    const rows = 16_384
    let most = 0
    for (let round = 0; round < 12; round++) {
      const ids = BigUint64Array.from({ length: rows }, (_, i) => BigInt(round * rows + i))
      const metadata = Array.from(ids, (id) => ({ text: `row ${id}` }))
      await docs.add({ ids, vectors: new Float32Array(64 * rows).fill(1), metadata })
      await database.flush()
      await segmentsLeft(docs, 2)
      const { idBytes, metadataBytes } = docs.stats()
      if (round < 3) most = Math.max(most, idBytes + metadataBytes)
      expect(idBytes + metadataBytes).toBeLessThanOrEqual(1.3 * most)
    }
  })

  it('gives files back once two checkpoints do without', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await capped({ rowsMax: 40 }, { path, checkpoint: false })
    await add(docs, 0, 200)
    await database.flush()
    await segmentsLeft(docs, 2)
    expect(database.stats().disk.segmentBytes).toBe(7 * SCHEMA.segmentBytes)
    await database.checkpoint()
    const { segmentBytes, recycledBytes } = database.stats().disk
    expect(segmentBytes).toBe(2 * SCHEMA.segmentBytes)
    expect(recycledBytes).toBe(5 * SCHEMA.segmentBytes)
    expect(await database.verify({ deep: true })).toMatchObject({ problems: [] })
  })

  it('gives files back by itself, soon after their memory', async () => {
    const path = await temporaryDirectory()
    const checkpoint = { intervalMs: 24 * 3600 * 1000 }
    const { database, docs } = await capped({ rowsMax: 40 }, { path, checkpoint })
    for (const first of [0, 1000]) {
      await add(docs, first, 200)
      const kept = 2 * SCHEMA.segmentBytes
      while (database.stats().disk.segmentBytes > kept) await nextTurn()
    }
    expect(await database.verify({ deep: true })).toMatchObject({ problems: [] })
  })

  it('holds what its memory can, however much is written', async () => {
    const path = await temporaryDirectory()
    // Three segments and little more: rows must go before others come.
    const memoryBytesMax = 1.5 * 2 ** 20
    const { database, docs } = await capped({ rowsMax: 40 }, { path, memoryBytesMax })
    const calls = Array.from({ length: 50 }, (_, i) => add(docs, 32 * i, 32))
    await Promise.all(calls)
    expect(await idsOf(database, docs)).toEqual(range(1560, 1600))
    expect(database.stats().memory.budget.usedBytesPeak).toBeLessThanOrEqual(memoryBytesMax)
  })

  it('ends with its collection', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await capped({ rowsMax: 40 }, { path })
    await Promise.all([add(docs, 0, 300), database.dropCollection('docs')])
    await database.checkpoint()
    await database.close()
    expect((await openIn({ path })).listCollections()).toEqual([])
  })
})

describe('the bounds of a capped collection', () => {
  it('are refused by name when they make no sense', async () => {
    const database = await openIn()
    const refuse = (retention: unknown, words: RegExp): Promise<void> =>
      expect(
        database.collection('docs', { ...SCHEMA, retention: retention as RetentionSchema }),
      ).rejects.toMatchObject({
        code: 'SLUICE_INVALID_ARGUMENT',
        message: expect.stringMatching(words),
      })
    await refuse({}, /retention: expected at least one of rowsMax, bytesMax and ttlMs/)
    await refuse({ rowsMax: 0 }, /retention\.rowsMax: expected an integer from 1 to 2147483646/)
    await refuse({ bytesMax: 1.5 }, /retention\.bytesMax/)
    await refuse({ ttlMs: '1' }, /retention\.ttlMs/)
    await refuse({ rowMax: 1 }, /rowMax/)
    await refuse(7, /retention/)
  })

  it('are part of the schema, and may change at every opening', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await capped({ rowsMax: 1000 }, { path })
    expect(docs.schema.retention).toEqual({ rowsMax: 1000 })
    await add(docs, 0, 100)
    await database.close()
    const again = await openIn({ path })
    expect((await again.collection('docs')).schema.retention).toEqual({ rowsMax: 1000 })
    const changed = await again.collection('docs', { ...SCHEMA, retention: { rowsMax: 40 } })
    expect(changed.schema.retention).toEqual({ rowsMax: 40 })
    expect(await idsOf(again, changed)).toEqual(range(60, 100))
    await again.close()
    const last = await openIn({ path })
    expect((await last.collection('docs', SCHEMA)).schema.retention).toEqual({ rowsMax: 40 })
    const free = await last.collection('docs', { ...SCHEMA, retention: null })
    expect('retention' in free.schema).toBe(false)
    await add(free, 100, 100)
    expect(await idsOf(last, free)).toEqual(range(60, 200))
    await last.close()
    const reader = await openIn({ path, readOnly: true })
    expect('retention' in (await reader.collection('docs')).schema).toBe(false)
    await expect(
      reader.collection('docs', { ...SCHEMA, retention: { rowsMax: 1 } }),
    ).rejects.toMatchObject({ code: 'SLUICE_READ_ONLY' })
  })

  it('are not enforced by a reader', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await capped({ ttlMs: 1e9 }, { path })
    await add(docs, 0, 40)
    await database.close()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2e9 })
    const reader = await openIn({ path, readOnly: true })
    expect(await (await reader.collection('docs')).count()).toBe(40)
    await reader.close()
    const writer = await openIn({ path })
    expect(await idsOf(writer, await writer.collection('docs'))).toEqual([])
  })
})
