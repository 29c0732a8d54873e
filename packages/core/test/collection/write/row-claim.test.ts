import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { faultyWal } from '../../../src/conformance/index.js'
import {
  type IngestTask,
  type KernelProvider,
  memoryWal,
  scalarKernels,
} from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import {
  counting,
  everything,
  fillCounting,
  KIB,
  longMetadata,
  openDocs,
  SCHEMA,
  settle,
} from '../filled-rows.js'

describe('a writer whose rows cannot be written', () => {
  it('names the bad row and shows nothing; once that is put right it is written', async () => {
    const { database, docs } = await openDocs({ path: await temporaryDirectory() })
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
    const again = writer.spans.at(-1)?.vectors as Float32Array
    expect(again[bad]).toBeNaN()
    again[bad] = (writer.spans.at(-1)?.row ?? 0) + 205
    // Rows that were good may have been written to disk meanwhile: they can be changed even so.
    await settle()
    const first = writer.spans[0]?.vectors as Float32Array
    first.fill(777, 0, SCHEMA.dimension)
    await writer.commit()
    expect(await database.verify({ deep: true })).toMatchObject({ problems: [] })
    const [changed] = await docs.get([201n], { include: ['vector'] })
    expect(changed?.vector).toEqual(new Float32Array(SCHEMA.dimension).fill(777))
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
  ])('is as it was after a commit with %s', async (_, labels, options, code) => {
    const { docs } = await openDocs()
    await docs.add({ ids: [1], vectors: counting(1, 2), metadata: [{ n: 1 }] })
    const before = await everything(docs)
    const writer = await docs.writer(2)
    fillCounting(writer)
    await expect(writer.commit(labels as never, options as never)).rejects.toMatchObject({ code })
    expect(await everything(docs)).toEqual(before)
    await writer.commit({ ids: [5, 6], metadata: [null, { n: 6 }] })
    expect(await everything(docs)).toEqual([
      ...before,
      { id: 5n, vector: counting(0, 1) },
      { id: 6n, vector: counting(1, 2), metadata: { n: 6 } },
    ])
    await docs.add({ ids: [7], vectors: counting(7, 8) })
  })

  it('leaves no kind of ids behind in an empty collection', async () => {
    const { docs } = await openDocs()
    const writer = await docs.writer(2)
    fillCounting(writer)
    const failed = writer.commit({ ids: ['a', 'a'] })
    await expect(failed).rejects.toMatchObject({ code: 'SLUICE_DUPLICATE_ID' })
    expect(docs.idKind).toBeUndefined()
    writer.abort()
    expect(docs.stats().vectors.rowCount).toBe(0)
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

  it('is as it was where metadata finds no memory', async () => {
    const allocator = new SlabAllocator({ bytesMax: 320 * KIB, backing: 'heap' })
    const { database, docs } = await openDocs({ allocator })
    const writer = await docs.writer(100)
    fillCounting(writer)
    const failed = writer.commit({ metadata: longMetadata(100) })
    await expect(failed).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(await docs.count()).toBe(0)
    expect(database.stats().queue.bytes).toBe(0)
    await writer.commit()
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
    await expect(writer.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
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

  it('is over when its scope or the database ends during a commit that fails', async () => {
    const { database, docs } = await openDocs()
    const refused = { code: 'SLUICE_DUPLICATE_ID' }
    const first = await docs.writer(2)
    fillCounting(first)
    const failed = first.commit({ ids: [5, 5] })
    await first[Symbol.asyncDispose]()
    await expect(failed).rejects.toMatchObject(refused)
    await expect(first.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    const second = await docs.writer(2)
    fillCounting(second)
    const last = second.commit({ ids: [5, 5] })
    const closed = database.close()
    await expect(last).rejects.toMatchObject(refused)
    await closed
    await expect(second.commit()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
    expect(database.stats().memory.leasedBytes).toBe(0)
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
