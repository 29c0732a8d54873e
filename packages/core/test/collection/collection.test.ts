import { describe, expect, it } from 'vitest'
import { open } from '../../src/index.js'

async function openDocs(options: Parameters<typeof open>[0] = {}) {
  const database = await open(options)
  return { database, docs: await database.collection('docs', { dimension: 2, metric: 'l2' }) }
}

describe('a collection', () => {
  it('takes nothing from memory for good when an add is refused', async () => {
    const { database, docs } = await openDocs()
    const metadata = [{ text: 'x'.repeat(50_000) }, null]
    await docs.add({ ids: ['a'], vectors: [[1, 2]] })
    const before = docs.stats()
    for (let i = 0; i < 100; i++) {
      const ids = [`new ${i} ${'y'.repeat(400)}`, 'a']
      await expect(
        docs.add({
          ids,
          vectors: [
            [1, 2],
            [3, 4],
          ],
          metadata,
        }),
      ).rejects.toMatchObject({ code: 'SLUICE_DUPLICATE_ID', details: { row: 1 } })
    }
    expect(docs.stats().metadataBytes).toBeLessThan(before.metadataBytes + 200_000)
    expect(docs.stats().idBytes).toBeLessThan(before.idBytes + 20_000)
    await docs.add({ ids: ['b'], vectors: [[5, 6]] })
    expect((await docs.get(['b']))[0]).toEqual({ id: 'b' })
    await database.close()
  })

  it('has read the ids when the call returns: their array may change or go away', async () => {
    const { database, docs } = await openDocs()
    const ids = BigUint64Array.of(1n, 2n)
    const first = docs.add({
      ids,
      vectors: [
        [1, 1],
        [2, 2],
      ],
    })
    ids.set([3n, 4n])
    const second = docs.add({
      ids,
      vectors: [
        [3, 3],
        [4, 4],
      ],
    })
    structuredClone(ids, { transfer: [ids.buffer] })
    await Promise.all([first, second])
    const found = await docs.get([1, 2, 3, 4])
    expect(found.map((row) => row?.id)).toEqual([1n, 2n, 3n, 4n])
    await database.close()
  })

  it('refuses vectors that are transferred while they are read, without a trace', async () => {
    const { database, docs } = await openDocs()
    const vectors = new Float32Array(4)
    const blocked = docs.add({ ids: [1], vectors: [[1, 1]] })
    const late = docs.add({ ids: [2, 3], vectors })
    structuredClone(vectors, { transfer: [vectors.buffer] })
    const refused = expect(late).rejects.toMatchObject({ code: 'SLUICE_INVALID_ARGUMENT' })
    await Promise.all([blocked, refused])
    expect(await docs.count()).toBe(1)
    await database.close()
  })

  it('keeps every hit whose score is exactly minScore', async () => {
    const { database, docs } = await openDocs()
    const vectors = Array.from({ length: 500 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])
    await docs.add({ vectors })
    const all = await docs.search({ vector: [0.1, 0.2], k: 500 })
    for (const { score } of all) {
      const hits = await docs.search({ vector: [0.1, 0.2], k: 500, minScore: score })
      expect(hits.at(-1)?.score).toBe(score)
    }
    await database.close()
  })

  it('gives a perfect match the score 0, and hits that JSON can take', async () => {
    const { database, docs } = await openDocs()
    await docs.add({ ids: [7], vectors: [Float32Array.of(1, 2)], metadata: [{ a: 1 }] })
    const hits = await docs.search({ vector: [1, 2] })
    expect(Object.is(hits.at(0)?.score, 0)).toBe(true)
    expect(JSON.parse(JSON.stringify(hits))).toEqual([
      { id: '7', score: 0, distance: 0, metadata: { a: 1 } },
    ])
    await database.close()
  })

  it('deletes many ids at once, and takes some of them back meanwhile', async () => {
    const { database, docs } = await openDocs()
    const ids = Array.from({ length: 20_000 }, (_, i) => i)
    const vectors = Float32Array.from({ length: 40_000 }, (_, i) => i)
    await docs.add({ ids, vectors })
    const even = ids.filter((id) => id % 2 === 0)
    const [removed, again, twice] = await Promise.all([
      docs.delete({ ids: even }),
      docs.add({ ids: even.slice(0, 5000), vectors: vectors.subarray(0, 10_000) }),
      docs.delete({ ids: even.slice(5000) }),
    ])
    expect(removed.deleted).toBe(10_000)
    expect(again.inserted).toBe(5000)
    expect(twice.deleted).toBe(0)
    expect(await docs.count()).toBe(15_000)
    const found = await docs.get(even)
    expect(found.filter((row) => row !== undefined)).toHaveLength(5000)
    await database.close()
  })

  it('takes back all ids of a large add whose last one exists', async () => {
    const { database, docs } = await openDocs()
    await docs.add({ ids: [12_345], vectors: [[1, 2]] })
    const ids = Array.from({ length: 12_346 }, (_, i) => i)
    const vectors = new Float32Array(2 * ids.length)
    await expect(docs.add({ ids, vectors })).rejects.toMatchObject({
      code: 'SLUICE_DUPLICATE_ID',
      details: { row: 12_345 },
    })
    expect((await docs.get(ids)).filter((row) => row !== undefined)).toEqual([{ id: 12_345n }])
    expect(await docs.add({ ids: ids.slice(0, -1), vectors: vectors.subarray(2) })).toMatchObject({
      inserted: 12_345,
    })
    await database.close()
  })

  it('ends a walk with SLUICE_CLOSED, never with a row that is not there', async () => {
    const { database, docs } = await openDocs()
    await docs.add({
      ids: ['a', 'b', 'c'],
      vectors: [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    })
    const walk = docs.iterate()
    expect(await walk.next()).toMatchObject({ value: { id: 'a' } })
    await database.close()
    await expect(walk.next()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
  })

  it('settles 5,000 concurrent writers in a small queue', async () => {
    const { database, docs } = await openDocs({ queueBytesMax: 64 * 1024 })
    const writes = Array.from({ length: 5000 }, (_, i) => docs.add({ ids: [i], vectors: [[i, i]] }))
    await Promise.all(writes)
    expect(await docs.count()).toBe(5000)
    expect(database.stats().queue).toMatchObject({ bytes: 0, waiting: 0 })
    expect(database.stats().queue.bytesPeak).toBeLessThanOrEqual(64 * 1024)
    await database.close()
  })
})
