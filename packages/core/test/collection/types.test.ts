/** What a compiler makes of collections; `@ts-expect-error` fails the build where there is none. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Batch,
  type Collection,
  type Database,
  type Dtype,
  decodeFloat16,
  type Hit,
  type Metadata,
  open,
  type Row,
  type VectorData,
  type VectorId,
} from '../../src/index.js'

interface Article {
  readonly title: string
  readonly year?: number
}

const floats = Float32Array.of(1, 2, 3)
const bytes = Uint8Array.of(1, 2, 3)

async function withDatabase(body: (database: Database) => Promise<void>): Promise<void> {
  const database = await open()
  try {
    await body(database)
  } finally {
    await database.close()
  }
}

describe('types of vectors', () => {
  it('follow from the schema', () =>
    withDatabase(async (database) => {
      const docs = await database.collection('docs', { dimension: 3, dtype: 'uint8' })
      expectTypeOf(docs).toEqualTypeOf<Collection<Metadata, VectorId, 'uint8'>>()
      expectTypeOf(docs.schema.dtype).toEqualTypeOf<'uint8'>()
      await docs.add({ vectors: bytes })
      await docs.add({ vectors: [[1, 2, 3], bytes] })
      // @ts-expect-error -- not the typed array of uint8
      await expect(docs.add({ vectors: floats })).rejects.toThrow('expected Uint8Array')
      // @ts-expect-error -- nor as a query
      await expect(docs.search({ vector: floats })).rejects.toThrow('expected Uint8Array')
      // @ts-expect-error -- nor as many
      await expect(docs.searchMany({ vectors: floats })).rejects.toThrow('expected Uint8Array')
      // @ts-expect-error -- nor from a source
      await expect(docs.ingest([{ vectors: floats }])).rejects.toThrow('expected Uint8Array')
      const [row] = await docs.get([1], { include: ['vector'] })
      expectTypeOf(row).toEqualTypeOf<Row<Metadata, VectorId, 'uint8'> | undefined>()
      expectTypeOf(row?.vector).toEqualTypeOf<Uint8Array | undefined>()
      expect(row?.vector).toEqual(bytes)
    }))

  it('are those of float32 where the schema does not say', () =>
    withDatabase(async (database) => {
      const docs = await database.collection('docs', { dimension: 3 })
      const batch: Batch = { vectors: floats }
      await docs.add(batch)
      // @ts-expect-error -- bytes are no floats
      await expect(docs.add({ vectors: bytes })).rejects.toThrow('expected Float32Array')
      await using writer = await docs.writer(1)
      writer.spans[0]?.vectors.set([1, 2, 3])
      await writer.commit()
      expect(await docs.count()).toBe(2)
    }))

  it('are numbers or bits for float16, and bigints for 64 bits', () =>
    withDatabase(async (database) => {
      const halves = await database.collection('halves', { dimension: 3, dtype: 'float16' })
      await halves.add({ vectors: floats })
      const hits = await halves.search({ vector: [1, 2, 3], include: ['vector'] })
      const bits = hits.at(0)?.vector
      expectTypeOf(bits).toEqualTypeOf<Uint16Array | undefined>()
      expect(bits && decodeFloat16(bits)).toEqual(floats)
      const wide = await database.collection('wide', { dimension: 2, dtype: 'int64' })
      await wide.add({ vectors: [[1n, 2]] })
      // @ts-expect-error -- a bigint is none of the numbers of float16
      await expect(halves.add({ vectors: [[1n, 2n, 3n]] })).rejects.toThrow('got 1n')
    }))

  it('are all there are where nobody says', () =>
    withDatabase(async (database) => {
      const dtype: Dtype = 'uint8' as Dtype
      await database.collection('docs', { dimension: 3, dtype })
      const docs = await database.collection('docs')
      expectTypeOf(docs).toEqualTypeOf<Collection>()
      await docs.add({ vectors: bytes })
      for await (const { vector } of docs.iterate({ include: ['vector'] })) {
        expectTypeOf(vector).toEqualTypeOf<VectorData | undefined>()
      }
    }))
})

describe('types of metadata and ids', () => {
  it('are what the opener says', () =>
    withDatabase(async (database) => {
      const docs = await database.collection<Article, string>('docs', { dimension: 3 })
      await docs.upsert({ ids: ['a'], vectors: floats, metadata: [{ title: 'A' }] })
      // @ts-expect-error -- a title is a string
      await docs.upsert({ ids: ['b'], vectors: floats, metadata: [{ title: 1 }] })
      // @ts-expect-error -- ids are strings
      await expect(docs.delete({ ids: [1] })).rejects.toThrow('string')
      // @ts-expect-error -- here too
      await expect(docs.get([1n])).rejects.toThrow('string')
      const hits = await docs.search({ vector: floats, k: 1 })
      expectTypeOf(hits.ids).toEqualTypeOf<readonly string[]>()
      for (const hit of hits) {
        expectTypeOf(hit).toEqualTypeOf<Hit<Article, string, 'float32'>>()
        expectTypeOf(hit.id).toEqualTypeOf<string>()
        expectTypeOf(hit.metadata?.title).toEqualTypeOf<string | undefined>()
      }
      const numbered = await database.collection<Metadata, bigint>('numbered', { dimension: 3 })
      expectTypeOf((await numbered.search({ vector: floats })).ids).toEqualTypeOf<BigUint64Array>()
      expect([...hits.ids]).toEqual(['a'])
    }))

  it('leave vectors open, unless the dtype is repeated', () =>
    withDatabase(async (database) => {
      const schema = { dimension: 3, dtype: 'uint8' } as const
      const docs = await database.collection<Article, string, 'uint8'>('docs', schema)
      expectTypeOf(docs).toEqualTypeOf<Collection<Article, string, 'uint8'>>()
      await docs.add({ ids: ['a'], vectors: bytes })
      const same = await database.collection<Article, string>('docs', schema)
      expectTypeOf(same).toEqualTypeOf<Collection<Article, string, Dtype>>()
    }))

  it('fit wherever less is asked for', () =>
    withDatabase(async (database) => {
      const docs = await database.collection<{ title: string }, string>('docs', { dimension: 3 })
      expectTypeOf(docs).toExtend<Collection>()
      expectTypeOf<Collection<Article, string, 'bit'>>().toExtend<Collection<object>>()
      expectTypeOf<Collection>().not.toExtend<Collection<Article>>()
      expect(docs.name).toBe('docs')
    }))
})
