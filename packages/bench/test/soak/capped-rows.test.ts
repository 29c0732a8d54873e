import { memoryWal, open } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { CappedRows, fillIds } from '../../src/soak/capped-rows.js'

describe('CappedRows', () => {
  it('deletes the oldest rows, so many at a time, and no row too many', async () => {
    await using database = await open({ wal: memoryWal(), checkpoint: false })
    const collection = await database.collection('rows', { dimension: 2 })
    const ids = new BigUint64Array(100)
    fillIds(new Uint32Array(ids.buffer), 1)
    await collection.add({ ids, vectors: new Float32Array(200).fill(1) })
    const capped = new CappedRows(collection, 48, 20)
    await capped.shrink(53)
    expect(await collection.count()).toBe(100)
    await capped.shrink(54)
    expect(await collection.count()).toBe(94)
    await capped.shrink(100)
    expect(await collection.count()).toBe(52)
    const [first, last] = await collection.get([48, 49])
    expect(first).toBeUndefined()
    expect(last?.id).toBe(49n)
  })
})

describe('fillIds', () => {
  it('counts on beyond 32 bits', () => {
    const ids = new BigUint64Array(3)
    fillIds(new Uint32Array(ids.buffer), 2 ** 32 - 1)
    expect([...ids]).toEqual([4294967295n, 4294967296n, 4294967297n])
  })
})
