/** Whatever the batches of a source and the options, the outcome is that of rows one by one. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asVectorData } from '../../../src/dtype.js'
import type { IngestSettings } from '../../../src/index.js'
import {
  type Collection,
  type Dtype,
  elementsPerRow,
  type Metadata,
  open,
  type Row,
} from '../../../src/index.js'

const DIMENSION = 8
const DTYPES = ['float32', 'float16', 'int8', 'bit'] as const
const KINDS = ['none', 'u64', 'string', 'replaced'] as const

/** A row of a source: small numbers, so that ids recur. */
interface SourceRow {
  readonly value: number
  readonly id: number
  readonly metadata: number | undefined
}

interface Stream {
  readonly dtype: Dtype
  /** `replaced`: batches with assigned ids, and batches with ids of rows that are there. */
  readonly kind: (typeof KINDS)[number]
  readonly batches: readonly {
    readonly rows: readonly SourceRow[]
    readonly replaces: boolean
    readonly hasMetadata: boolean
  }[]
  readonly settings: IngestSettings
  readonly isAsync: boolean
  /** Whether the source fills one array again and again. */
  readonly refills: boolean
}

const streams: fc.Arbitrary<Stream> = fc.record({
  dtype: fc.constantFrom<Dtype>(...DTYPES),
  kind: fc.constantFrom(...KINDS),
  batches: fc.array(
    fc.record({
      rows: fc.array(
        fc.record({
          value: fc.nat(100),
          id: fc.nat(30),
          metadata: fc.option(fc.nat(9), { nil: undefined }),
        }),
        { maxLength: 12, size: 'max' },
      ),
      replaces: fc.boolean(),
      hasMetadata: fc.boolean(),
    }),
    { maxLength: 12, size: 'max' },
  ),
  settings: fc.record({
    batchBytesMax: fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.constant(2 ** 20)),
    batchRowsMax: fc.integer({ min: 1, max: 150 }),
    lingerMs: fc.constantFrom(0, 1, 60_000),
  }),
  isAsync: fc.boolean(),
  refills: fc.boolean(),
})

/** A batch as a caller hands it over. */
interface GivenBatch {
  ids?: number[] | string[]
  vectors: NonNullable<Row['vector']>
  metadata?: (Metadata | undefined)[]
}

/** The batches; ids of rows to be replaced are those of assigned rows before them. */
function givenBatches({ dtype, kind, batches }: Stream): GivenBatch[] {
  let assigned = 0
  return batches.map(({ rows, replaces, hasMetadata }) => {
    const isReplacing = kind === 'replaced' && replaces && assigned > 0
    if (!isReplacing) assigned += rows.length
    const vectors = vectorsOf(dtype, rows)
    const batch: GivenBatch = { vectors }
    if (kind === 'u64') batch.ids = rows.map(({ id }) => id)
    if (kind === 'string') batch.ids = rows.map(({ id }) => `ä${'-'.repeat(id)}`)
    if (isReplacing) batch.ids = rows.map(({ id }) => 1 + (id % assigned))
    if (hasMetadata) {
      batch.metadata = rows.map(({ metadata: m }) => (m === undefined ? undefined : { m }))
    }
    return batch
  })
}

function vectorsOf(dtype: Dtype, rows: readonly SourceRow[]): NonNullable<Row['vector']> {
  const perRow = elementsPerRow(dtype, DIMENSION)
  const vectors = asVectorData(dtype, new Uint8Array(rows.length * strideOf(dtype)))
  for (let i = 0; i < vectors.length; i++) vectors[i] = rows[Math.floor(i / perRow)]?.value ?? 0
  return vectors
}

function strideOf(dtype: Dtype): number {
  return { float32: 4, float16: 2, int8: 1, bit: 1 / 8 }[dtype as 'float32'] * DIMENSION
}

function sliceOf(batch: GivenBatch, dtype: Dtype, row: number): GivenBatch {
  const perRow = elementsPerRow(dtype, DIMENSION)
  const { ids, vectors, metadata } = batch
  return {
    vectors: vectors.slice(row * perRow, (row + 1) * perRow),
    ...(ids && { ids: [ids[row]] as number[] }),
    ...(metadata && { metadata: [metadata[row]] }),
  }
}

/** The batches as a source; with `fault` it throws instead of giving the batch of that number. */
function sourceOf(stream: Stream, batches: readonly GivenBatch[], fault?: Fault): Iterable<never> {
  const longest = Math.max(0, ...batches.map(({ vectors }) => vectors.length))
  const array = asVectorData(stream.dtype, new Uint8Array(longest * 8))
  const walk = function* (): Generator<GivenBatch> {
    for (const [index, batch] of batches.entries()) {
      if (fault?.batch === index) throw fault.error
      if (!stream.refills) yield batch
      else {
        const vectors = array.subarray(0, batch.vectors.length)
        vectors.set(batch.vectors as never)
        yield { ...batch, vectors }
        vectors.fill(77 as never)
      }
    }
  }
  if (!stream.isAsync) return walk() as Iterable<never>
  const asyncWalk = async function* (): AsyncGenerator<GivenBatch> {
    for (const batch of walk()) {
      if (batch.vectors.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      yield batch
    }
  }
  return asyncWalk() as unknown as Iterable<never>
}

interface Fault {
  readonly batch: number
  readonly error: Error
}

async function contents(collection: Collection): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of collection.iterate({ include: ['vector', 'metadata'] })) rows.push(row)
  return rows
}

/** Two collections: for the ingest, and for rows one by one. */
async function openPair({ dtype, settings }: Stream) {
  const database = await open({ ingest: settings })
  const metric = dtype === 'bit' ? ('hamming' as const) : ('l2' as const)
  const schema = { dimension: DIMENSION, dtype, metric, index: { type: 'flat' as const } }
  const ingested = await database.collection('ingested', schema)
  const oneByOne = await database.collection('one-by-one', schema)
  return { database, ingested, oneByOne }
}

/** Writes the first rows of a stream, one by one; returns the sums. */
async function upsertRows(
  collection: Collection,
  dtype: Dtype,
  batches: readonly GivenBatch[],
  rowCount = Number.POSITIVE_INFINITY,
) {
  const perRow = elementsPerRow(dtype, DIMENSION)
  const rows = batches.flatMap((batch) =>
    Array.from({ length: batch.vectors.length / perRow }, (_, row) => sliceOf(batch, dtype, row)),
  )
  const results = await Promise.all(rows.slice(0, rowCount).map((row) => collection.upsert(row)))
  return {
    rows: results.length,
    inserted: results.reduce((sum, { inserted }) => sum + inserted, 0),
    updated: results.reduce((sum, { updated }) => sum + updated, 0),
  }
}

describe('the batches of an ingest', () => {
  it('make no difference to what is there afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (stream) => {
        const { database, ingested, oneByOne } = await openPair(stream)
        const batches = givenBatches(stream)
        const result = await ingested.ingest(sourceOf(stream, batches))
        expect(result).toMatchObject(await upsertRows(oneByOne, stream.dtype, batches))
        expect(await contents(ingested)).toEqual(await contents(oneByOne))
        await database.close()
      }),
      { numRuns: 60 },
    )
  })

  it('are written up to the one that the source throws at', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.nat(), async (stream, place) => {
        const { database, ingested, oneByOne } = await openPair(stream)
        const batches = givenBatches(stream)
        fc.pre(batches.length > 0)
        const fault = { batch: place % batches.length, error: new RangeError('mine') }
        await expect(ingested.ingest(sourceOf(stream, batches, fault))).rejects.toBe(fault.error)
        await upsertRows(oneByOne, stream.dtype, batches.slice(0, fault.batch))
        expect(await contents(ingested)).toEqual(await contents(oneByOne))
        await database.close()
      }),
      { numRuns: 40 },
    )
  })

  it('are written up to a bad row at least to its batch, and the error names the row', async () => {
    const floats = streams.map((stream) => ({ ...stream, dtype: 'float32' as const }))
    await fc.assert(
      fc.asyncProperty(floats, fc.nat(), async (stream, place) => {
        const batches = givenBatches(stream)
        const counts = batches.map(({ vectors }) => vectors.length / DIMENSION)
        const total = counts.reduce((sum, count) => sum + count, 0)
        fc.pre(total > 0)
        const { database, ingested, oneByOne } = await openPair(stream)
        const sourceRow = place % total
        let batchRow = 0
        let bad = 0
        while (batchRow + (counts[bad] ?? 0) <= sourceRow) batchRow += counts[bad++] ?? 0
        const vectors = batches[bad]?.vectors as Float32Array
        vectors[(sourceRow - batchRow) * DIMENSION + 3] = Number.NaN
        const error = await ingested.ingest(sourceOf(stream, batches)).catch((e: unknown) => e)
        expect(error).toMatchObject({ code: 'SLUICE_NON_FINITE_VECTOR', details: { sourceRow } })
        const { rowsAcknowledged } = (error as { details: { rowsAcknowledged: number } }).details
        expect(rowsAcknowledged).toBeGreaterThanOrEqual(batchRow)
        expect(rowsAcknowledged).toBeLessThanOrEqual(sourceRow)
        await upsertRows(oneByOne, stream.dtype, batches, rowsAcknowledged)
        expect(await contents(ingested)).toEqual(await contents(oneByOne))
        await database.close()
      }),
      { numRuns: 40 },
    )
  })
})
