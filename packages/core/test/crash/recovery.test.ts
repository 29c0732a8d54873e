/** Reopening gives back exactly what there was, after a clean close and after a crash. */

import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { type Collection, type Database, fileWal, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { contentsOf, crashImage, hexOf, rowsOf } from './image.js'
import { vectorsOf } from './rows.mjs'

const DIMENSION = 16
/** 256 KiB hold 4,032 rows of 64 bytes. */
const SCHEMA = { dimension: DIMENSION, metric: 'l2', segmentBytes: 256 * 1024 } as const
const ROWS_PER_SEGMENT = 4032

function rows(
  operation: number,
  firstKey: number,
  count: number,
): { ids: bigint[]; vectors: Float32Array } {
  const keys = Array.from({ length: count }, (_, i) => firstKey + i)
  return { ids: keys.map(BigInt), vectors: vectorsOf(operation, keys, DIMENSION) }
}

function named(
  operation: number,
  names: readonly string[],
): { ids: string[]; vectors: Float32Array } {
  const keys = names.map((_, i) => i)
  return { ids: [...names], vectors: vectorsOf(operation, keys, DIMENSION) }
}

type Scenario = (database: Database) => Promise<unknown>

async function docsOf(database: Database): Promise<Collection> {
  return database.collection('docs', SCHEMA)
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'no collection': async () => undefined,
  'an empty collection': docsOf,
  'rows that travelled inside the log': async (database) => {
    const docs = await docsOf(database)
    for (let i = 0; i < 20; i++) await docs.upsert(rows(i, i * 3, 5))
  },
  'rows in many segments': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, 5 * ROWS_PER_SEGMENT + 17))
  },
  'batches that end at, before and after the end of a segment': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, ROWS_PER_SEGMENT - 1))
    await docs.upsert(rows(2, 10_000, 2))
    await docs.upsert(rows(3, 20_000, ROWS_PER_SEGMENT - 1))
    await docs.upsert(rows(4, 30_000, 2000))
    await docs.upsert(rows(5, 40_000, 1))
  },
  'everything deleted': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, 3000))
    await docs.delete({ ids: rows(1, 0, 3000).ids })
  },
  'deleted ids added again': async (database) => {
    const docs = await docsOf(database)
    await docs.add(rows(1, 0, 100))
    await docs.delete({ ids: rows(1, 20, 50).ids })
    await docs.add(rows(2, 30, 10))
    await docs.delete({ ids: [35n] })
    await docs.add(rows(3, 35, 1))
  },
  'replaced rows, also within a batch': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, 2000))
    await docs.upsert(rows(2, 500, 2000))
    const { ids, vectors } = rows(3, 100, 6)
    await docs.upsert({ ids: ids.map((id) => id / 3n), vectors })
  },
  'metadata on some rows': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, 10))
    const metadata = Array.from({ length: 10 }, (_, i) =>
      i % 2 === 0 ? { i, big: 2n ** 60n, when: new Date(i), tags: ['a', `${i}`] } : null,
    )
    await docs.upsert({ ...rows(2, 5, 10), metadata })
    await docs.upsert(rows(3, 7, 2))
  },
  'string ids': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(named(1, ['a', 'ä', 'x'.repeat(512), '💧']))
    await docs.delete({ ids: ['ä'] })
    await docs.upsert(named(2, ['💧', 'new']))
  },
  'assigned ids, some replaced and some deleted': async (database) => {
    const docs = await docsOf(database)
    await docs.add({ vectors: rows(1, 0, 300).vectors })
    await docs.upsert(rows(2, 10, 30))
    await docs.delete({ ids: [300n, 299n, 15n] })
    await docs.add({ vectors: rows(3, 0, 5).vectors })
  },
  'several collections in turns': async (database) => {
    const names = ['first', 'second', 'third']
    const all = await Promise.all(names.map((name) => database.collection(name, SCHEMA)))
    const writes = Array.from({ length: 30 }, (_, i) =>
      all[i % 3]!.upsert(rows(i, i * 7, 1 + ((i * 397) % 1500))),
    )
    await Promise.all(writes)
    await all[1]!.delete({ ids: rows(0, 0, 50).ids })
  },
  'a collection dropped and made again': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, 5000))
    await database.collection('other', SCHEMA)
    await database.dropCollection('docs')
    const again = await database.collection('docs', { ...SCHEMA, dtype: 'int8', dimension: 3 })
    await again.upsert({ ids: ['x'], vectors: Int8Array.of(1, 2, 3) })
  },
  'every collection dropped': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, 500))
    await database.dropCollection('docs')
  },
  'writes at every durability, then a flush': async (database) => {
    const docs = await docsOf(database)
    await docs.upsert(rows(1, 0, 100), { durability: 'memory' })
    await docs.upsert(rows(2, 50, 3000), { durability: 'os' })
    await docs.delete({ ids: [60n] }, { durability: 'memory' })
    await docs.upsert(rows(3, 70, 5), { durability: 'disk' })
    await docs.upsert(rows(4, 80, 5), { durability: 'memory' })
    await database.flush()
  },
}

describe.each([
  ['file', fileWal],
  ['file, in files of 64 KiB', () => fileWal({ segmentBytesMax: 65_536 })],
  ['lmdb', lmdbWal],
] as const)('reopened on the %s WAL', (_, createWal) => {
  it.each(Object.keys(SCENARIOS))('%s: all as it was', async (scenario) => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal: createWal() })
    await SCENARIOS[scenario]?.(database)
    const before = await contentsOf(database)
    const image = await crashImage(database)
    await database.close()
    for (const options of [{ path }, { path, readOnly: true }, { path: image }, { path: image }]) {
      const reopened = await open({ ...options, wal: createWal() })
      expect(await contentsOf(reopened)).toEqual(before)
      await reopened.close()
    }
  })

  it('goes on where it was: ids, rows and numbers of records', async () => {
    const path = await temporaryDirectory()
    for (let round = 0; round < 5; round++) {
      const database = await open({ path, wal: createWal() })
      const docs = await docsOf(database)
      const { firstId, lsn } = await docs.add({ vectors: rows(round, 0, 1000).vectors })
      expect({ firstId, lsn }).toEqual({
        firstId: BigInt(round * 1000 + 1),
        lsn: BigInt(round + 2),
      })
      await database.close()
    }
    const database = await open({ path, wal: createWal() })
    const docs = await docsOf(database)
    const expected = Array.from({ length: 5 }, (_, round) => rows(round, 0, 1000).vectors)
    const found = (await rowsOf(docs)) as readonly { vector: string }[]
    expect(found.map(({ vector }) => vector).join('')).toBe(expected.map(hexOf).join(''))
    await database.close()
  })
})
