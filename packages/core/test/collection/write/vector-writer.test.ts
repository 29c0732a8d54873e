import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRows } from '../../../src/conformance/kernel-provider-data.js'
import { asVectorData } from '../../../src/dtype.js'
import {
  type CollectionSchema,
  DTYPES,
  type Dtype,
  elementsPerRow,
  open,
  strideOf,
  type VectorWriter,
} from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import {
  counting,
  everything,
  fillCounting,
  fillWith,
  isSettled,
  KIB,
  openDatabase,
  openDocs,
  packed,
  SCHEMA,
  settle,
} from '../filled-rows.js'

describe('a writer', () => {
  it('writes what was filled in, with ids and metadata', async () => {
    const { docs } = await openDocs()
    const writer = await docs.writer(2)
    expect(writer.rowCount).toBe(2)
    expect(writer.spans).toHaveLength(1)
    const [{ row, rowCount, vectors }] = writer.spans as [VectorWriter['spans'][0]]
    expect({ row, rowCount }).toEqual({ row: 0, rowCount: 2 })
    ;(vectors as Float32Array).fill(1).fill(2, SCHEMA.dimension)
    const labels = { ids: ['a', 'b'], metadata: [{ n: 1 }, null] }
    const result = await writer.commit(labels, { durability: 'memory' })
    expect(result).toMatchObject({ rows: 2, inserted: 2, updated: 0 })
    expect(await everything(docs)).toEqual([
      { id: 'a', metadata: { n: 1 }, vector: new Float32Array(SCHEMA.dimension).fill(1) },
      { id: 'b', vector: new Float32Array(SCHEMA.dimension).fill(2) },
    ])
    const hits = await docs.search({ vector: counting(2, 3), k: 1, exact: true })
    expect(hits.at(0)).toMatchObject({ id: 'b', distance: 0 })
  })

  it('refuses ids that exist, unless it upserts', async () => {
    const { docs } = await openDocs()
    await docs.add({ ids: [7], vectors: counting(7, 8) })
    const first = await docs.writer(1)
    fillCounting(first, 70)
    await expect(first.commit({ ids: [7] })).rejects.toMatchObject({ code: 'SLUICE_DUPLICATE_ID' })
    expect((await docs.get([7], { include: ['vector'] }))[0]?.vector).toEqual(counting(7, 8))
    const result = await first.commit({ ids: [7] }, { mode: 'upsert' })
    expect(result).toMatchObject({ rows: 1, inserted: 0, updated: 1 })
    expect((await docs.get([7], { include: ['vector'] }))[0]?.vector).toEqual(counting(70, 71))
  })

  describe.each(DTYPES)('%s', (dtype: Dtype) => {
    it('writes what add would, across borders of segments', async () => {
      const shape = fc.record({
        dimension: fc.integer({ min: 1, max: 40 }),
        before: fc.integer({ min: 1, max: 40 }),
        past: fc.integer({ min: -5, max: 300 }),
        seed: fc.integer(),
      })
      await fc.assert(
        fc.asyncProperty(shape, async ({ dimension, before, past, seed }) => {
          // Rows of some KiB: few of them fill a segment.
          const dimensions = Math.min(4096, dimension + 100 * (dtype === 'bit' ? 40 : 3))
          await compareWithAdd({ dimension: dimensions, dtype, before, past, seed })
        }),
        { numRuns: 3 },
      )
    })
  })
})

/** What is written to two collections, once by a writer and once by `add`. */
interface Comparison {
  readonly dimension: number
  readonly dtype: Dtype
  /** Rows written before. */
  readonly before: number
  /** How many rows past the end of the first segment. */
  readonly past: number
  readonly seed: number
}

async function compareWithAdd(comparison: Comparison): Promise<void> {
  const { dimension, dtype, before, past, seed } = comparison
  const stride = strideOf(dtype, dimension)
  const rowsPerSegment = Math.floor((256 * KIB) / stride / 32) * 32
  const rowCount = Math.max(1, rowsPerSegment - before + past)
  const metric = dtype === 'bit' ? 'hamming' : 'l2'
  const schema: CollectionSchema = { dimension, dtype, metric, segmentBytes: 256 * KIB }
  const database = await open({ durability: 'memory' })
  try {
    const added = await database.collection('added', schema)
    const filled = await database.collection('filled', schema)
    const rows = seededRows(dtype, dimension, before + rowCount, seed)
    const head = asVectorData(dtype, rows.subarray(0, before * stride))
    const body = rows.subarray(before * stride)
    await added.add({ vectors: head })
    await filled.add({ vectors: head })
    const writer = await filled.writer(rowCount)
    expect(writer.spans[0]?.vectors.constructor).toBe(head.constructor)
    const lengths = writer.spans.map(({ vectors }) => vectors.length)
    const length = lengths.reduce((sum, part) => sum + part, 0)
    expect(length).toBe(rowCount * elementsPerRow(dtype, dimension))
    fillWith(writer, body)
    const { lsn: _, ...result } = await added.add({ vectors: asVectorData(dtype, body) })
    expect(await writer.commit()).toMatchObject(result)
    for (const docs of [filled, added]) {
      const { bytes, lastId } = await packed(docs)
      expect(Buffer.compare(bytes, rows)).toBe(0)
      expect(lastId).toBe(BigInt(before + rowCount))
    }
    const vector = asVectorData(dtype, rows.subarray(rows.length - stride))
    const hits = await filled.search({ vector, k: 3, exact: true })
    expect(hits.ids).toEqual((await added.search({ vector, k: 3, exact: true })).ids)
  } finally {
    await database.close()
  }
}

describe('writers among other writes', () => {
  it('come one after another in a collection, in the order of their calls', async () => {
    const { docs } = await openDocs()
    const first = await docs.writer(3)
    const added = docs.add({ vectors: counting(3, 5) })
    const waiting = docs.writer(2)
    expect(await isSettled(Promise.race([added, waiting]))).toBe(false)
    fillCounting(first)
    await first.commit()
    const second = await waiting
    await added
    fillCounting(second, 5)
    await second.commit()
    const rows = await everything(docs)
    expect(rows).toEqual(
      Array.from({ length: 7 }, (_, n) => ({ id: BigInt(n + 1), vector: counting(n, n + 1) })),
    )
  })

  it('do not hold other collections up, however large they are', async () => {
    const { database, docs } = await openDocs({ queueBytesMax: 64 * KIB })
    const other = await database.collection('other', SCHEMA)
    const writer = await docs.writer(500)
    await other.add({ vectors: counting(0, 300) })
    const search = await docs.search({ vector: counting(0, 1), k: 1 })
    expect(search.length).toBe(0)
    fillCounting(writer)
    const [written] = await Promise.all([writer.commit(), other.add({ vectors: counting(0, 300) })])
    expect(written.rows).toBe(500)
    expect(database.stats().queue).toMatchObject({ bytes: 0, waiting: 0 })
  })

  it('are waited for until a signal fires', async () => {
    const { docs } = await openDocs()
    const writer = await docs.writer(1)
    const controller = new AbortController()
    const waiting = docs.writer(1, { signal: controller.signal })
    await settle()
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError', details: { applied: false } })
    fillCounting(writer)
    await writer.commit()
    const last = await docs.writer(1, { signal: new AbortController().signal })
    last.abort()
    expect(await docs.count()).toBe(1)
  })

  it('write what is there after the database was opened again', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await openDocs({ path })
    await docs.add({ vectors: counting(0, 100) })
    const given = await docs.writer(700)
    fillCounting(given, 9000)
    given.abort()
    const writer = await docs.writer(700)
    fillCounting(writer, 100)
    await writer.commit()
    const left = await docs.writer(50)
    fillCounting(left, 5000)
    await database.close()
    const reopened = await openDatabase({ path })
    expect(await reopened.verify({ deep: true })).toMatchObject({ problems: [] })
    const rows = await everything(await reopened.collection('docs'))
    expect(rows).toEqual(
      Array.from({ length: 800 }, (_, n) => ({ id: BigInt(n + 1), vector: counting(n, n + 1) })),
    )
  })
})
