/** Searches by codes in the life of a collection: writes, refusals, deaths, openings, limits. */

import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type CollectionSchema,
  type Database,
  DTYPES,
  metricFits,
  type OpenOptions,
  open,
} from '../../../src/index.js'
import { encodedRowsOf } from '../../search/search-quality.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet } from '../../search/vector-sets.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { compare, Life } from '../random-life.js'

const DIMENSION = 64
const SCHEMA = { dimension: DIMENSION, segmentBytes: 256 * 1024 } as const

async function opened(options: OpenOptions = {}): Promise<Database> {
  const database = await open(options)
  onTestFinished(() => database.close())
  return database
}

function gaussian(rowCount: number, seed = 1): Float32Array {
  const request = { rowCount, width: DIMENSION, numbers: new Numbers(seed) }
  return Float32Array.from(makeRows(VECTOR_SETS.gaussian(), request))
}

describe('a collection with codes', () => {
  it('lets the event loop turn while searches follow each other without a pause', async () => {
    const database = await opened()
    const docs = await database.collection('docs', SCHEMA)
    await docs.add({ vectors: gaussian(2000) })
    let hasTurned = false
    setTimeout(() => {
      hasTurned = true
    }, 0)
    for (let i = 0; i < 20_000 && !hasTurned; i++) await docs.search({ vector: gaussian(1) })
    expect(hasTurned).toBe(true)
  })

  it('answers like one without, whatever was done to it', async () => {
    let found = 0
    let of = 0
    const shapes = fc
      .record({
        dtype: fc.constantFrom(...DTYPES),
        metric: fc.constantFrom(
          'cosine' as const,
          'dot' as const,
          'l2' as const,
          'hamming' as const,
        ),
        dimension: fc.constantFrom(1, 7, 33, 100, 384, 385),
        set: fc.constantFrom(...(Object.keys(VECTOR_SETS) as VectorSet[])),
        seed: fc.integer(),
      })
      .filter(({ dtype, metric }) => dtype !== 'bit' && metricFits(metric, dtype))
    const step = fc.constantFrom('add', 'upsert', 'delete', 'search', 'refused', 'reopen')
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.array(step, { minLength: 3, maxLength: 8 }),
        async (shape, steps) => {
          const path = await temporaryDirectory()
          const life = new Life(path, shape)
          await life.open()
          for (const each of ['add', ...steps, 'search'] as const) {
            const { found: some, of: all } = await life.do(each)
            found += some
            of += all
          }
          await life.close()
        },
      ),
      { numRuns: 25 },
    )
    expect(found / of).toBeGreaterThanOrEqual(0.985)
  })

  it('encodes again after an opening, and answers meanwhile', async () => {
    const path = await temporaryDirectory()
    const rows = gaussian(6000)
    const vector = rows.slice(0, DIMENSION)
    const first = await open({ path, ingestWorkers: 0 })
    const written = await first.collection('docs', SCHEMA)
    await written.add({ vectors: rows })
    // As many as there is time for are encoded by the write itself, the others after it.
    expect(written.stats().index.encodedRows).toBeGreaterThan(0)
    expect(await encodedRowsOf(written)).toBe(5984)
    await first.close()
    for (const readOnly of [true, false]) {
      const database = await open({ path, readOnly })
      const docs = await database.collection('docs')
      expect((await docs.search({ vector, k: 1 })).ids[0]).toBe(1n)
      expect(await encodedRowsOf(docs)).toBe(5984)
      expect((await docs.search({ vector, k: 1 })).ids[0]).toBe(1n)
      await database.close()
    }
  })

  it('gives the codes of a refused batch back', async () => {
    const database = await opened()
    const docs = await database.collection('docs', SCHEMA)
    await docs.add({ vectors: gaussian(2000) })
    const bad = gaussian(3000, 2)
    bad[bad.length - 1] = Number.NaN
    await expect(docs.add({ vectors: bad })).rejects.toMatchObject({
      code: 'SLUICE_NON_FINITE_VECTOR',
    })
    expect(docs.stats().index.encodedRows).toBeLessThanOrEqual(1984)
    const other = gaussian(3000, 3)
    await docs.add({ vectors: other })
    await encodedRowsOf(docs)
    for (let row = 0; row < 3000; row += 100) {
      const vector = other.slice(row * DIMENSION, (row + 1) * DIMENSION)
      expect((await docs.search({ vector, k: 1 })).ids[0]).toBe(BigInt(2001 + row))
    }
  })

  it('is dropped under searches, which then find no collection', async () => {
    const database = await opened()
    const docs = await database.collection('docs', SCHEMA)
    await docs.add({ vectors: gaussian(20_000) })
    const vector = gaussian(1)
    const searches = Promise.allSettled(
      Array.from({ length: 50 }, () => docs.search({ vector, recall: 0.999 })),
    )
    await database.dropCollection('docs')
    for (const outcome of await searches) {
      if (outcome.status === 'fulfilled') expect(outcome.value.length).toBe(10)
      else expect(outcome.reason).toMatchObject({ code: 'SLUICE_NOT_FOUND' })
    }
    expect(database.stats().memory.leasedBytes).toBe(0)
  })

  it('does not see what is written while it searches', async () => {
    const database = await opened()
    const docs = await database.collection('docs', SCHEMA)
    const rows = gaussian(20_000)
    await docs.add({ vectors: rows })
    const vector = rows.slice(0, DIMENSION)
    const [hits] = await Promise.all([
      docs.search({ vector, k: 3 }),
      docs.delete({ ids: [1] }),
      docs.add({ vectors: Float32Array.from([...vector, ...vector]) }),
    ])
    expect(hits.ids[0]).toBe(1n)
    const later = await docs.search({ vector, k: 3 })
    expect([...later.ids].slice(0, 2)).toEqual([20_001n, 20_002n])
  })

  it('does without codes where memory is full, and says so', async () => {
    const warnings: string[] = []
    const onWarning = ({ message }: { readonly message: string }): number => warnings.push(message)
    const path = await temporaryDirectory()
    const first = await open({ path })
    const written = await first.collection('docs', SCHEMA)
    await written.add({ vectors: gaussian(6000) })
    const memoryBytesMax = written.stats().vectors.segmentCount * SCHEMA.segmentBytes
    await first.close()
    const second = await open({ path, memoryBytesMax, onWarning })
    const docs = await second.collection('docs')
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    expect(docs.stats().index).toMatchObject({ encodedRows: 0, memoryBytes: 0 })
    expect(await compare(docs, { vector: gaussian(1), k: 10 })).toEqual({ found: 10, of: 10 })
    expect(warnings.filter((message) => message.includes('no memory for codes'))).toHaveLength(1)
    await second.close()
  })

  it.each([1, 3, 10])(
    'leaves as much room for rows as a flat one, in %d MiB',
    async (mebibytes) => {
      const memoryBytesMax = mebibytes * 1024 * 1024
      const rowsIn = async (schema: CollectionSchema): Promise<number> => {
        const database = await opened({ memoryBytesMax })
        const docs = await database.collection('docs', schema)
        const add = (): Promise<unknown> => docs.add({ vectors: gaussian(100) })
        for (;;) {
          const error = await add().then(
            () => undefined,
            (refusal: unknown) => refusal,
          )
          if (error === undefined) continue
          expect(error).toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
          expect(database.stats().memory.budget.usedBytesPeak).toBeLessThanOrEqual(memoryBytesMax)
          return docs.count()
        }
      }
      const flat = await rowsIn({ ...SCHEMA, index: { type: 'flat' } })
      expect(await rowsIn(SCHEMA)).toBe(flat)
    },
  )

  it('has none when it was made flat, and keeps that', async () => {
    const path = await temporaryDirectory()
    const schema: CollectionSchema = { ...SCHEMA, index: { type: 'flat' } }
    for (const rowCount of [2000, 0]) {
      const database = await open({ path })
      const docs = await database.collection('docs', schema)
      expect(docs.schema.index).toEqual({ type: 'flat' })
      await docs.add({ vectors: gaussian(rowCount) })
      expect(docs.stats().index).toMatchObject({ encodedRows: 0, memoryBytes: 0 })
      const other = database.collection('docs', { ...SCHEMA, index: { type: 'codes' } })
      await expect(other).rejects.toMatchObject({ code: 'SLUICE_SCHEMA_MISMATCH' })
      await database.close()
    }
  })

  it.each([0, 1, -0.5, Number.NaN, '0.9'])('refuses a recall of %s', async (recall) => {
    const database = await opened()
    const docs = await database.collection('docs', SCHEMA)
    const vector = gaussian(1)
    const search = docs.search({ vector, recall: recall as number })
    await expect(search).rejects.toMatchObject({ code: 'SLUICE_INVALID_ARGUMENT' })
    const both = docs.search({ vector, recall: 0.9, exact: true })
    await expect(both).rejects.toThrow('recall: expected nothing beside `exact`')
  })
})
