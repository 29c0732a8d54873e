/** Every public argument, given anything: a typed error or a success, never half of something. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Collection,
  type CollectionSchema,
  type Database,
  type OpenOptions,
  open,
  SluiceError,
  type VerifyOptions,
} from '../../src/index.js'
import { hostileMaker } from './hostile-values.js'

const VECTORS = new Float32Array([1, 0, 0, 0, 0, 1, 0, 0])
const PROPERTY = { numRuns: 150 }

async function openWithRows(): Promise<{ database: Database; docs: Collection }> {
  const database = await open()
  const docs = await database.collection('docs', { dimension: 4, metric: 'l2' })
  await docs.add({ ids: [1, 2], vectors: VECTORS, metadata: [{ n: 1 }, { n: 2 }] })
  return { database, docs }
}

/** What a call ended with: true, or the error, which must be one of ours. */
async function outcomeOf(call: () => unknown): Promise<'done' | 'refused'> {
  try {
    await call()
    return 'done'
  } catch (error) {
    if (error instanceof SluiceError) {
      expect(error.code).toMatch(/^SLUICE_[A-Z_]+$/)
      expect(error.code).not.toBe('SLUICE_INTERNAL')
      expect(error.message.length).toBeLessThan(2000)
      return 'refused'
    }
    // What a caller's own iterator throws is the caller's, and comes back as it is.
    if (error instanceof Error && /bulkIngest|InterruptibleSource/.test(String(error.stack)))
      return 'refused'
    throw error
  }
}

async function stateOf(docs: Collection): Promise<unknown> {
  const rows: unknown[] = []
  for await (const row of docs.iterate({ include: ['vector', 'metadata'] })) rows.push(row)
  return { rows, count: await docs.count(), idKind: docs.idKind }
}

type Attack = (docs: Collection, value: never) => unknown

const READS: Readonly<Record<string, Attack>> = {
  'get ids': (docs, value) => docs.get(value),
  'get options': (docs, value) => docs.get([1], value),
  'get include': (docs, value) => docs.get([1], { include: value }),
  'search options': (docs, value) => docs.search(value),
  'search vector': (docs, value) => docs.search({ vector: value }),
  'search k': (docs, value) => docs.search({ vector: [1, 2, 3, 4], k: value }),
  'search minScore': (docs, value) => docs.search({ vector: [1, 2, 3, 4], minScore: value }),
  'search exact': (docs, value) => docs.search({ vector: [1, 2, 3, 4], exact: value }),
  'search include': (docs, value) => docs.search({ vector: [1, 2, 3, 4], include: value }),
  'search signal': (docs, value) => docs.search({ vector: [1, 2, 3, 4], signal: value }),
  'searchMany options': (docs, value) => docs.searchMany(value),
  'searchMany vectors': (docs, value) => docs.searchMany({ vectors: value }),
  'searchMany one vector': (docs, value) => docs.searchMany({ vectors: [[1, 2, 3, 4], value] }),
  'searchMany k': (docs, value) => docs.searchMany({ vectors: VECTORS, k: value }),
  'iterate options': (docs, value) => docs.iterate(value).next(),
  'iterate after': (docs, value) => docs.iterate({ after: value }).next(),
}

const WRITES: Readonly<Record<string, Attack>> = {
  'add batch': (docs, value) => docs.add(value),
  'add ids': (docs, value) => docs.add({ ids: value, vectors: VECTORS }),
  'add vectors': (docs, value) => docs.add({ ids: [8, 9], vectors: value }),
  'add metadata': (docs, value) => docs.add({ ids: [8, 9], vectors: VECTORS, metadata: value }),
  'add one metadata': (docs, value) =>
    docs.add({ ids: [8, 9], vectors: VECTORS, metadata: [value, value] }),
  'add deep metadata': (docs, value) =>
    docs.add({ ids: [8, 9], vectors: VECTORS, metadata: [{ deep: [value] }, null] }),
  'add options': (docs, value) => docs.add({ ids: [8, 9], vectors: VECTORS }, value),
  'add durability': (docs, value) =>
    docs.add({ ids: [8, 9], vectors: VECTORS }, { durability: value }),
  'upsert batch': (docs, value) => docs.upsert(value),
  'upsert vectors': (docs, value) => docs.upsert({ ids: [1], vectors: value }),
  'delete target': (docs, value) => docs.delete(value),
  'delete ids': (docs, value) => docs.delete({ ids: value }),
  'delete options': (docs, value) => docs.delete({ ids: [77] }, value),
  'ingest source': (docs, value) => docs.ingest(value),
  'ingest batch': (docs, value) => docs.ingest([value]),
  'ingest options': (docs, value) => docs.ingest([], value),
  'writer rows': (docs, value) => written(docs, { rows: value }),
  'writer options': (docs, value) => written(docs, { options: value }),
  'commit labels': (docs, value) => written(docs, { labels: value }),
  'commit ids': (docs, value) => written(docs, { labels: { ids: value } }),
  'commit metadata': (docs, value) => written(docs, { labels: { ids: [8], metadata: value } }),
  'commit options': (docs, value) => written(docs, { how: value }),
  'commit mode': (docs, value) => written(docs, { how: { mode: value } }),
  reserve: (docs, value) => docs.reserve(typeof value === 'number' ? Math.min(value, 1e5) : value),
}

/** What a writer is given, where it is not well-behaved. */
interface WriterAttack {
  readonly rows?: never
  readonly options?: never
  readonly labels?: unknown
  readonly how?: unknown
}

async function written(docs: Collection, attack: WriterAttack): Promise<void> {
  await using writer = await docs.writer(attack.rows ?? 1, attack.options)
  for (const { vectors } of writer.spans) vectors.fill(1 as never)
  const labels = attack.labels === undefined ? { ids: [8] } : attack.labels
  await writer.commit(labels as never, attack.how as never)
}

describe('hostile arguments', () => {
  it.each(Object.entries(READS))('%s: a typed error or an answer', async (_, attack) => {
    const { database, docs } = await openWithRows()
    const before = await stateOf(docs)
    await fc.assert(
      fc.asyncProperty(hostileMaker, async (make) => {
        await outcomeOf(() => attack(docs, make() as never))
      }),
      PROPERTY,
    )
    expect(await stateOf(docs)).toEqual(before)
    await database.close()
  })

  it.each(Object.entries(WRITES))('%s: refused without a trace, or done', async (_, attack) => {
    await fc.assert(
      fc.asyncProperty(hostileMaker, async (make) => {
        const { database, docs } = await openWithRows()
        const before = await stateOf(docs)
        const outcome = await outcomeOf(() => attack(docs, make() as never))
        if (outcome === 'refused') expect(await stateOf(docs)).toEqual(before)
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
        await docs.add({ ids: [1001], vectors: [[1, 2, 3, 4]] })
        expect((await docs.search({ vector: [1, 2, 3, 4], k: 1 })).at(0)?.distance).toBe(0)
        await database.close()
      }),
      PROPERTY,
    )
  })

  it('collection names and schemas: a typed error or a collection', async () => {
    const database = await open()
    const keys = fc.constantFrom('dimension', 'dtype', 'metric', 'segmentBytes', 'index', 'other')
    await fc.assert(
      fc.asyncProperty(hostileMaker, keys, hostileMaker, async (makeName, key, make) => {
        const name = makeName()
        const value = make()
        await outcomeOf(() => database.collection(name as string))
        await outcomeOf(() => database.collection(name as string, { dimension: 3 }))
        const schema = { dimension: 3, [key]: value } as unknown as CollectionSchema
        await outcomeOf(() => database.collection('named', schema))
        await outcomeOf(() => database.collection('other', value as CollectionSchema))
        await outcomeOf(() => database.dropCollection(name as string))
      }),
      PROPERTY,
    )
    await database.close()
  })

  it('options of verify, and calls on the database: a typed error or an answer', async () => {
    const { database, docs } = await openWithRows()
    const before = await stateOf(docs)
    const keys = fc.constantFrom('deep', 'signal', 'onProgress', 'other')
    await fc.assert(
      fc.asyncProperty(keys, hostileMaker, async (key, make) => {
        const value = make()
        await outcomeOf(() => database.verify(value as VerifyOptions))
        await outcomeOf(() => database.verify({ [key]: value } as VerifyOptions))
        await outcomeOf(() => Reflect.apply(database.checkpoint, database, [value]))
      }),
      PROPERTY,
    )
    expect(await stateOf(docs)).toEqual(before)
    await database.close()
  })

  it('options of open: a typed error or a database', async () => {
    const keys = fc.constantFrom(
      ...['wal', 'allocator', 'kernels', 'durability', 'memoryBytesMax'],
      ...['queueBytesMax', 'checkpoint', 'readOnly', 'onWarning', 'onProgress', 'signal', 'other'],
    )
    await fc.assert(
      fc.asyncProperty(keys, hostileMaker, async (key, make) => {
        await outcomeOf(async () => {
          const database = await open({ [key]: make() } as OpenOptions)
          await database.close()
        })
      }),
      PROPERTY,
    )
  })
})
