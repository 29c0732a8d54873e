import { SlabAllocator } from '@sluice/pool'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { faultyWal } from '../../src/conformance/index.js'
import { seededRows } from '../../src/conformance/kernel-provider-data.js'
import { asVectorData } from '../../src/dtype.js'
import {
  type Collection,
  type CollectionSchema,
  type Database,
  DTYPES,
  type Dtype,
  elementsPerRow,
  type IngestTask,
  type KernelProvider,
  memoryWal,
  type OpenOptions,
  open,
  scalarKernels,
  strideOf,
  type VectorWriter,
} from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const KIB = 1024
/** A row is 1 KiB, and a segment has 224 rows at most. */
const SCHEMA = {
  dimension: 256,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 256 * KIB,
} as const

async function openDatabase(options: OpenOptions = {}): Promise<Database> {
  const database = await open(options)
  onTestFinished(() => database.close())
  return database
}

async function openDocs(options?: OpenOptions): Promise<{ database: Database; docs: Collection }> {
  const database = await openDatabase(options)
  return { database, docs: await database.collection('docs', SCHEMA) }
}

/** Fills all rows of a writer with packed rows. */
function fillWith(writer: VectorWriter, bytes: Uint8Array): void {
  const stride = bytes.length / writer.rowCount
  for (const { row, rowCount, vectors } of writer.spans) {
    const { buffer, byteOffset, byteLength } = vectors
    expect(byteLength).toBe(rowCount * stride)
    const room = new Uint8Array(buffer, byteOffset, byteLength)
    room.set(bytes.subarray(row * stride, (row + rowCount) * stride))
  }
}

/** Fills a writer of float32; every element of row r is `first + r`. */
function fillCounting(writer: VectorWriter, first = 0): void {
  for (const { row, vectors } of writer.spans) {
    for (let i = 0; i < vectors.length; i++) {
      vectors[i] = first + row + Math.floor(i / SCHEMA.dimension)
    }
  }
}

function counting(from: number, to: number): Float32Array {
  const { dimension } = SCHEMA
  return Float32Array.from({ length: (to - from) * dimension }, (_, i) => {
    return from + Math.floor(i / dimension)
  })
}

/** 2 KiB for each row. */
function longMetadata(rowCount: number): { n: number; text: string }[] {
  return Array.from({ length: rowCount }, (_, n) => ({ n, text: 'x'.repeat(2 * KIB) }))
}

async function everything(docs: Collection): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of docs.iterate({ include: ['vector', 'metadata'] })) rows.push(row)
  return rows
}

/** All vectors as packed rows, and the last id. */
async function packed(docs: Collection): Promise<{ bytes: Uint8Array; lastId: unknown }> {
  const parts: Uint8Array[] = []
  let lastId: unknown
  for await (const { id, vector } of docs.iterate({ include: ['vector'] })) {
    const { buffer, byteOffset, byteLength } = vector as Float32Array
    parts.push(new Uint8Array(buffer, byteOffset, byteLength))
    lastId = id
  }
  return { bytes: Buffer.concat(parts), lastId }
}

/** Lets everything happen that can without the test. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, settle().then(() => false)])
}

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
    const second = await docs.writer(1)
    fillCounting(second, 71)
    const result = await second.commit({ ids: [7] }, { mode: 'upsert' })
    expect(result).toMatchObject({ rows: 1, inserted: 0, updated: 1 })
    expect((await docs.get([7], { include: ['vector'] }))[0]?.vector).toEqual(counting(71, 72))
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

describe('a writer whose rows cannot be written', () => {
  it('names the bad row, shows nothing and gives all rows back', async () => {
    const { database, docs } = await openDocs()
    await docs.add({ vectors: counting(0, 200) })
    const writer = await docs.writer(300)
    expect(writer.spans.length).toBeGreaterThan(1)
    fillCounting(writer, 200)
    const last = writer.spans.at(-1)
    const bad = 5 * SCHEMA.dimension + 3
    ;(last?.vectors as Float32Array)[bad] = Number.NaN
    const row = (last?.row ?? 0) + 5
    await expect(writer.commit()).rejects.toMatchObject({
      code: 'SLUICE_NON_FINITE_VECTOR',
      message: expect.stringContaining(`row ${row}`),
      details: { row, column: 3 },
    })
    expect(await docs.count()).toBe(200)
    expect(database.stats().queue.bytes).toBe(0)
    expect(docs.stats().vectors.rowCount).toBe(200)
    expect(() => writer.spans).toThrow(expect.objectContaining({ code: 'SLUICE_CLOSED' }))
    await expect(writer.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await docs.add({ vectors: counting(200, 500) })
    expect(await everything(docs)).toHaveLength(500)
    expect((await docs.get([500n], { include: ['vector'] }))[0]?.vector).toEqual(counting(499, 500))
  })

  it.each([
    ['ids of another kind', { ids: ['a', 'b'] }, {}, 'SLUICE_SCHEMA_MISMATCH'],
    ['too few ids', { ids: [1] }, {}, 'SLUICE_INVALID_ARGUMENT'],
    ['an id that occurs twice', { ids: [5, 5] }, {}, 'SLUICE_DUPLICATE_ID'],
    ['metadata that is none', { ids: [5, 6], metadata: [1, 2] }, {}, 'SLUICE_INVALID_ARGUMENT'],
    ['vectors', { ids: [5, 6], vectors: [] }, {}, 'SLUICE_INVALID_ARGUMENT'],
    ['a strange mode', { ids: [5, 6] }, { mode: 'insert' }, 'SLUICE_INVALID_ARGUMENT'],
    ['a fired signal', { ids: [5, 6] }, { signal: AbortSignal.abort() }, 'SLUICE_ABORTED'],
  ])('is over after a commit with %s', async (_, labels, options, code) => {
    const { docs } = await openDocs()
    await docs.add({ ids: [1], vectors: counting(1, 2), metadata: [{ n: 1 }] })
    const before = await everything(docs)
    const writer = await docs.writer(2)
    fillCounting(writer)
    await expect(writer.commit(labels as never, options as never)).rejects.toMatchObject({ code })
    expect(await everything(docs)).toEqual(before)
    await docs.add({ ids: [5, 6], vectors: counting(5, 7) })
    expect((await docs.get([6]))[0]).toEqual({ id: 6n })
  })

  it('leaves no kind of ids behind in an empty collection', async () => {
    const { docs } = await openDocs()
    const writer = await docs.writer(2)
    fillCounting(writer)
    const failed = writer.commit({ ids: ['a', 'a'] })
    await expect(failed).rejects.toMatchObject({ code: 'SLUICE_DUPLICATE_ID' })
    expect(docs.idKind).toBeUndefined()
    await docs.add({ ids: [1], vectors: counting(1, 2) })
  })

  it('is refused when there is no memory, and holds nobody up', async () => {
    const { database, docs } = await openDocs({ memoryBytesMax: KIB * KIB })
    await expect(docs.writer(2000)).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    const other = await database.collection('other', SCHEMA)
    const writer = await docs.writer(100)
    fillCounting(writer)
    await expect(other.add({ vectors: counting(0, 700) })).rejects.toMatchObject({
      code: 'SLUICE_LIMIT_EXCEEDED',
    })
    await other.add({ vectors: counting(0, 100) })
    await writer.commit()
    expect([await docs.count(), await other.count()]).toEqual([100, 100])
  })

  it('gives all back where metadata finds no memory', async () => {
    const allocator = new SlabAllocator({ bytesMax: 320 * KIB, backing: 'heap' })
    const { database, docs } = await openDocs({ allocator })
    const writer = await docs.writer(100)
    fillCounting(writer)
    const failed = writer.commit({ metadata: longMetadata(100) })
    await expect(failed).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(await docs.count()).toBe(0)
    expect(database.stats().queue.bytes).toBe(0)
    await docs.add({ vectors: counting(0, 100) })
    expect(await everything(docs)).toEqual(
      Array.from({ length: 100 }, (_, n) => ({ id: BigInt(n + 1), vector: counting(n, n + 1) })),
    )
  })

  it('tries again where memory can be had, without reading the rows anew', async () => {
    const allocator = new SlabAllocator({ bytesMax: 1240 * KIB, backing: 'heap' })
    let ingested = 0
    const kernels: KernelProvider = Object.create(scalarKernels, {
      ingest: {
        value: (task: IngestTask) => {
          ingested += task.rowCount
          return scalarKernels.ingest(task)
        },
      },
    })
    const { database, docs } = await openDocs({ allocator, kernels })
    const other = await database.collection('other', SCHEMA)
    // Two segments, and one ahead of need, which is given back for the metadata.
    await other.add({ vectors: counting(0, 300) })
    ingested = 0
    const writer = await docs.writer(100)
    expect(allocator.stats().leasedBytes).toBeGreaterThanOrEqual(1024 * KIB)
    fillCounting(writer)
    await writer.commit({ metadata: longMetadata(100) })
    expect(ingested).toBe(100)
    const [row] = await docs.get([100n], { include: ['vector', 'metadata'] })
    expect(row).toEqual({ id: 100n, vector: counting(99, 100), metadata: longMetadata(100)[99] })
  })

  it('fails with the log, like any write', async () => {
    const { docs } = await openDocs({
      wal: faultyWal(memoryWal(), [{ append: 2, action: 'error-before' }]),
    })
    const writer = await docs.writer(10)
    fillCounting(writer)
    await expect(writer.commit()).rejects.toMatchObject({ name: 'StorageError' })
    await expect(docs.writer(1)).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
  })
})

describe('a writer that is not committed', () => {
  it('gives its rows back when it is aborted, once', async () => {
    const { docs } = await openDocs()
    const writer = await docs.writer(500)
    fillCounting(writer, 1000)
    writer.abort()
    writer.abort()
    expect(() => writer.spans).toThrow(expect.objectContaining({ code: 'SLUICE_CLOSED' }))
    await expect(writer.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await docs.add({ vectors: counting(0, 3) })
    writer.abort()
    expect(docs.stats().vectors.rowCount).toBe(3)
    expect(await everything(docs)).toHaveLength(3)
  })

  it('does so at the end of its scope, and not when it was committed', async () => {
    const { docs } = await openDocs()
    const aborted = await docs.writer(5)
    await aborted[Symbol.asyncDispose]()
    const committed = await docs.writer(5)
    fillCounting(committed)
    const commit = committed.commit()
    await committed[Symbol.asyncDispose]()
    committed.abort()
    await commit
    expect(await docs.count()).toBe(5)
  })

  it('cannot be committed twice', async () => {
    const { docs } = await openDocs()
    const writer = await docs.writer(5)
    fillCounting(writer)
    const first = writer.commit()
    await expect(writer.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await first
    await expect(writer.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    expect(await docs.count()).toBe(5)
  })

  it('is aborted by close, which does not wait for it', async () => {
    const { database, docs } = await openDocs({ path: await temporaryDirectory() })
    const writer = await docs.writer(5)
    const behind = docs.writer(5)
    const added = docs.add({ vectors: counting(0, 1) })
    const refused = expect(behind).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    await settle()
    await database.close()
    await refused
    expect(await added).toMatchObject({ rows: 1 })
    expect(() => writer.spans).toThrow(expect.objectContaining({ code: 'SLUICE_CLOSED' }))
    await expect(writer.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    writer.abort()
    expect(database.stats().memory.leasedBytes).toBe(0)
  })

  it('is aborted by dropping its collection, and so is who waits for one', async () => {
    const { database, docs } = await openDocs()
    const writer = await docs.writer(5)
    const behind = docs.writer(5)
    const refused = expect(behind).rejects.toMatchObject({ code: 'SLUICE_NOT_FOUND' })
    await settle()
    await database.dropCollection('docs')
    await refused
    expect(() => writer.spans).toThrow(expect.objectContaining({ code: 'SLUICE_NOT_FOUND' }))
    await expect(writer.commit()).rejects.toMatchObject({ code: 'SLUICE_NOT_FOUND' })
    expect(database.stats().memory.leasedBytes).toBe(0)
  })

  it('lets a commit end that close or drop comes upon', async () => {
    const { database, docs } = await openDocs()
    const writer = await docs.writer(400)
    fillCounting(writer)
    const commit = writer.commit()
    const dropped = database.dropCollection('docs')
    const closed = database.close()
    expect(await commit).toMatchObject({ rows: 400 })
    await Promise.all([dropped, closed])
    expect(database.stats().memory.leasedBytes).toBe(0)
  })
})

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
