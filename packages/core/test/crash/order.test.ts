/** Writers that do not wait for each other are applied in the order of their calls. */

import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { readDatabase } from './read-state.js'
import { batchOf, idOf, SCHEMA } from './rows.mjs'

const IDS = [1, 2, 3].map((key) => idOf('u64', key) as bigint)

describe.each([
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const)('calls made together on the %s WAL', (_, createWal) => {
  it.each(['memory', 'os', 'disk'] as const)('at `%s` keep their order', async (durability) => {
    const path = await temporaryDirectory()
    const database = await open({ path, wal: createWal(), queueBytesMax: 10_000 })
    const docs = await database.collection('docs', SCHEMA)
    const options = { durability }
    const upsert = (operation: number): Promise<unknown> =>
      docs.upsert(batchOf('u64', operation, [1, 2, 3]), options)
    const remove = (): Promise<unknown> => docs.delete({ ids: IDS }, options)
    await Promise.all([upsert(1), remove()])
    expect(await docs.count()).toBe(0)
    await Promise.all([remove(), upsert(2)])
    expect(await docs.count()).toBe(3)
    await Promise.all([upsert(3), remove(), upsert(4), remove(), remove(), upsert(5)])
    await database.close()
    const { order } = await readDatabase({ path, wal: createWal() }, 'u64')
    expect(order).toEqual(['1:5', '2:5', '3:5'])
  })
})
