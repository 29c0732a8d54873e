import { describe, expect, it } from 'vitest'
import { encodeColumns } from '../../../src/collection/columns/encode-columns.js'
import { ColumnLoader } from '../../../src/collection/columns/load-columns.js'
import { createIdIndex } from '../../../src/collection/ids/create-id-index.js'
import { RowBytes } from '../../../src/collection/rows/row-bytes.js'
import { assignedBatch, stringBatch, u64Batch } from '../ids/id-batches.js'
import {
  allAlive,
  framesOf,
  indexOf,
  load,
  makeAllocator,
  packedFrame,
  runsFrame,
  u64Frame,
} from './column-cases.js'

describe('encodeColumns', () => {
  it('writes u64 ids as they are', () => {
    const ids = [5n, 2n ** 64n - 1n, 2n ** 40n]
    expect(framesOf(indexOf(u64Batch(ids)), 3)).toEqual([u64Frame(0, ids)])
  })

  it('writes strings as ends and bytes, and the empty one where a row has none', () => {
    const index = indexOf(stringBatch(['a', 'ü', 'cc']))
    index.rewind(2, 3)
    expect(framesOf(index, 3)).toEqual([packedFrame('string ids', 0, ['a', 'ü', ''])])
  })

  it('writes assigned ids as runs, rows with ids of before apart', () => {
    const index = indexOf(assignedBatch(1, 10))
    const previous = new Uint32Array(4)
    index.put(u64Batch([3n, 4n, 5n, 9n]), 0, 4, { rowBase: 10, previous })
    index.put(assignedBatch(11, 5), 0, 5, { rowBase: 14, previous: new Uint32Array(5) })
    const source = { ids: index, metadata: new RowBytes(makeAllocator()) }
    expect([...encodeColumns(source, 8, 17)]).toEqual([
      runsFrame(8, [
        [2, 0, 9],
        [3, 1, 3],
        [1, 1, 9],
        [3, 0, 11],
      ]),
    ])
  })

  it('writes metadata only of rows around those that have some', () => {
    const metadata = new RowBytes(makeAllocator())
    const rowCount = 100_000
    metadata.set(3, Uint8Array.of(1))
    metadata.set(5, Uint8Array.of(2, 3))
    metadata.set(90_000, Uint8Array.of(4))
    const frames = framesOf(indexOf(assignedBatch(1, rowCount)), rowCount, metadata)
    expect(frames.map(({ kind, rowBase, rowCount }) => [kind, rowBase, rowCount])).toEqual([
      ['assigned ids', 0, rowCount],
      ['metadata', 3, 3],
      ['metadata', 90_000, 1],
    ])
  })

  it('keeps frames small, but for an item that is larger alone', async () => {
    const count = 60_000
    const ids = stringBatch(Array.from({ length: count }, (_, i) => `${'x'.repeat(200)}${i}`))
    const metadata = new RowBytes(makeAllocator())
    for (let row = 0; row < count; row++) metadata.set(row, new Uint8Array(30).fill(row))
    metadata.set(7, new Uint8Array(3 << 20))
    const frames = framesOf(indexOf(ids), count, metadata)
    const large = frames.filter(({ body }) => body.length > (1 << 20) + 4 * 16_384 + 300)
    expect(large).toMatchObject([{ kind: 'metadata', rowBase: 0 }])
    const loaded = await load({ kind: 'string', rowCount: count, frames })
    expect(loaded.ids.idAt(count - 1)).toBe(`${'x'.repeat(200)}${count - 1}`)
    const firsts = Array.from({ length: count }, (_, row) => loaded.metadata.get(row)?.[0])
    expect(firsts).toEqual(firsts.map((_, row) => (row === 7 ? 0 : row & 255)))
    expect(loaded.metadata.get(7)?.length).toBe(3 << 20)
  })

  it('splits many single ids over frames', async () => {
    const count = 70_000
    const index = indexOf(assignedBatch(1, count))
    const odd = Array.from({ length: count }, (_, i) => BigInt(1 + ((i * 7919) % count)))
    index.put(u64Batch(odd), 0, count, { rowBase: count, previous: new Uint32Array(count) })
    const source = { ids: index, metadata: new RowBytes(makeAllocator()) }
    const frames = [...encodeColumns(source, count, 2 * count)]
    expect(frames.length).toBeGreaterThan(1)
    const loader = new ColumnLoader({
      ...source,
      name: 'docs',
      ids: createIdIndex('assigned', makeAllocator()),
      nextId: count + 1,
    })
    const segment = { rowBase: count, rowCount: count, frames, file: 'here.col' }
    await expect(loader.load({ ...segment, aliveWords: allAlive(count) })).resolves.toBeUndefined()
  })
})
