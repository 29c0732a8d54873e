import { describe, expect, it } from 'vitest'
import {
  type Batch,
  type Collection,
  type Database,
  type IngestProgress,
  type OpenOptions,
  open,
} from '../../../src/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const DIMENSION = 8

async function openDocs(
  options: OpenOptions = {},
): Promise<{ database: Database; docs: Collection }> {
  const database = await open(options)
  const docs = await database.collection('docs', { dimension: DIMENSION, metric: 'l2' })
  return { database, docs }
}

/** Rows `from` to `to - 1`; the vector of a row is its id, repeated. */
function rows(from: number, to: number, target?: Float32Array): Batch {
  const vectors = target ?? new Float32Array((to - from) * DIMENSION)
  for (let i = 0; i < vectors.length; i++) vectors[i] = from + Math.floor(i / DIMENSION)
  return { ids: Array.from({ length: to - from }, (_, i) => from + i), vectors }
}

describe('ingest', () => {
  it('reads a batch before it asks for the next: a source may re-use its array', async () => {
    const { database, docs } = await openDocs()
    const buffer = new Float32Array(500 * DIMENSION)
    await docs.ingest(
      (function* () {
        for (let from = 0; from < 10_000; from += 500) yield rows(from, from + 500, buffer)
      })(),
    )
    let id = 0
    for await (const row of docs.iterate({ include: ['vector'] })) {
      expect(row.vector).toEqual(new Float32Array(DIMENSION).fill(id))
      id++
    }
    expect(id).toBe(10_000)
    await database.close()
  })

  it('stops waiting for a source that hangs when its signal fires', async () => {
    const { database, docs } = await openDocs()
    const controller = new AbortController()
    const ingest = docs.ingest(
      (async function* () {
        yield rows(0, 10)
        controller.abort()
        await new Promise(() => undefined)
      })(),
      { signal: controller.signal },
    )
    await expect(ingest).rejects.toMatchObject({
      name: 'AbortError',
      details: { rowsAcknowledged: 10, sourceRow: 10 },
    })
    expect(await docs.count()).toBe(10)
    await database.close()
  })

  it('ends with SLUICE_CLOSED when the database is closed under a source that hangs', async () => {
    const { database, docs } = await openDocs()
    let closed: Promise<void> | undefined
    const ingest = docs.ingest(
      (async function* () {
        yield rows(0, 10)
        closed = database.close()
        await new Promise(() => undefined)
      })(),
    )
    await expect(ingest).rejects.toMatchObject({
      code: 'SLUICE_CLOSED',
      details: { rowsAcknowledged: 10 },
    })
    await closed
  })

  it('sees the signal although the source never waits', async () => {
    const { database, docs } = await openDocs()
    const controller = new AbortController()
    setImmediate(() => controller.abort())
    const endless = (function* () {
      for (;;) yield { ids: [], vectors: new Float32Array(0) }
    })()
    await expect(docs.ingest(endless, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    await database.close()
  })

  it('writes everything before a bad row and nothing after, and says where it is', async () => {
    const { database, docs } = await openDocs()
    const source = [rows(0, 100), rows(100, 200), rows(200, 300)]
    const bad = source[1]?.vectors as Float32Array
    bad[37 * DIMENSION] = Number.NaN
    await expect(docs.ingest(source)).rejects.toMatchObject({
      code: 'SLUICE_NON_FINITE_VECTOR',
      message: expect.stringContaining('row 137 of the source'),
      details: { row: 37, sourceRow: 137, rowsAcknowledged: 100 },
    })
    expect(await docs.count()).toBe(100)
    await database.close()
  })

  it('lets an error of the source or of onProgress through as it is', async () => {
    const { database, docs } = await openDocs()
    const mine = new RangeError('mine')
    const failing = (function* () {
      yield rows(0, 10)
      throw mine
    })()
    await expect(docs.ingest(failing)).rejects.toBe(mine)
    const onProgress = (): void => {
      throw mine
    }
    await expect(docs.ingest([rows(10, 20)], { onProgress })).rejects.toBe(mine)
    expect(await docs.count()).toBe(20)
    await database.close()
  })

  it('takes no more rows once onProgress threw, and tells of all that it writes', async () => {
    const path = await temporaryDirectory()
    const { database, docs } = await openDocs({ path, ingest: { lingerMs: 0 } })
    const endless = (function* () {
      for (let row = 0; ; row += 10) yield rows(row, row + 10)
    })()
    const told: number[] = []
    const onProgress = (progress: IngestProgress): void => {
      told.push(progress.rows)
      if (told.length === 1) throw new RangeError('mine')
    }
    await expect(docs.ingest(endless, { onProgress })).rejects.toThrow('mine')
    expect(await docs.count()).toBe(told.at(-1))
    await database.close()
  })

  it('tells of the bad row although the source throws when it is ended', async () => {
    const { database, docs } = await openDocs()
    const fail = (): void => {
      throw new RangeError('of the source')
    }
    const failing = (function* () {
      try {
        yield rows(0, 10)
        yield { ids: [1], vectors: [[1]] }
      } finally {
        fail()
      }
    })()
    await expect(docs.ingest(failing)).rejects.toMatchObject({
      code: 'SLUICE_DIMENSION_MISMATCH',
      details: { row: 0, sourceRow: 10, rowsAcknowledged: 10 },
    })
    await database.close()
  })

  it('refuses what only looks like a source', async () => {
    const { database, docs } = await openDocs()
    for (const key of [Symbol.iterator, Symbol.asyncIterator]) {
      const source = { [key]: 5 } as unknown as Iterable<Batch>
      await expect(docs.ingest(source)).rejects.toMatchObject({ code: 'SLUICE_INVALID_ARGUMENT' })
    }
    const both = {
      ...{ [Symbol.asyncIterator]: undefined },
      *[Symbol.iterator]() {
        yield rows(0, 1)
      },
    }
    expect(await docs.ingest(both)).toMatchObject({ rows: 1 })
    await database.close()
  })

  it('lets any number of ingests and searches go on at once without a warning', async () => {
    const { database, docs } = await openDocs()
    await docs.ingest([rows(0, 2000)])
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const vectors = new Float32Array(4 * DIMENSION)
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        await Promise.all([docs.ingest([rows(i, i + 1)]), docs.searchMany({ vectors })])
      }),
    )
    await new Promise(setImmediate)
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
    await database.close()
  })
})
