import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { AssignedIdIndex } from '../../../src/collection/ids/assigned-id-index.js'
import { DELETED, NO_ROW } from '../../../src/collection/ids/id-index.js'
import { assignedBatch, findAll, u64Batch } from './id-batches.js'

function makeIndex(): AssignedIdIndex {
  return new AssignedIdIndex(new SlabAllocator({ bytesMax: 2 ** 28, backing: 'heap' }), 7)
}

function assign(index: AssignedIdIndex, count: number, rowBase: number): Uint32Array {
  const previous = new Uint32Array(count)
  index.put(assignedBatch(index.nextId, count), 0, count, { rowBase, previous })
  return previous
}

describe('AssignedIdIndex', () => {
  it('counts from 1 and takes no memory per row', () => {
    const index = makeIndex()
    expect(index.nextId).toBe(1)
    for (let rowBase = 0; rowBase < 1_000_000; rowBase += 1000) assign(index, 1000, rowBase)
    expect(index.nextId).toBe(1_000_001)
    expect(index.entryCount).toBe(1_000_000)
    expect(index.byteLength).toBeLessThan(10_000)
    const ids = u64Batch([0n, 1n, 1_000_000n, 1_000_001n, 2n ** 63n])
    expect(findAll(index, ids)).toEqual([NO_ROW, 0, 999_999, NO_ROW, NO_ROW])
    expect(index.idAt(41)).toBe(42n)
  })

  it('keeps runs apart where explicit rows lie between them', () => {
    const index = makeIndex()
    assign(index, 3, 0)
    const previous = new Uint32Array(1)
    index.put(u64Batch([2n]), 0, 1, { rowBase: 3, previous })
    expect([...previous]).toEqual([1])
    assign(index, 2, 4)
    expect(findAll(index, assignedBatch(1, 5))).toEqual([0, 3, 2, 4, 5])
    expect([...index.idsAt(Uint32Array.of(5, 4, 3, 2, 1, 0), 6)]).toEqual([5n, 4n, 2n, 3n, 2n, 1n])
    expect(index.entryCount).toBe(5)
  })

  it('takes ids back, newest first, and assigns them again', () => {
    const index = makeIndex()
    assign(index, 10, 0)
    const batch = assignedBatch(11, 5)
    const previous = assign(index, 5, 10)
    expect([...previous]).toEqual(new Array(5).fill(NO_ROW))
    const explicit = u64Batch([12n])
    const explicitPrevious = new Uint32Array(1)
    index.put(explicit, 0, 1, { rowBase: 15, previous: explicitPrevious })
    index.undoPut(explicit, 0, 1, explicitPrevious)
    expect(findAll(index, explicit)).toEqual([11])
    index.undoPut(batch, 2, 5, previous)
    expect(index.nextId).toBe(13)
    expect(index.entryCount).toBe(12)
    index.undoPut(batch, 0, 2, previous)
    expect(index.nextId).toBe(11)
    assign(index, 5, 20)
    expect(findAll(index, batch)).toEqual([20, 21, 22, 23, 24])
    expect(index.entryCount).toBe(15)
  })

  it('forgets a deleted id only when the delete commits, and can be given it again', () => {
    const index = makeIndex()
    assign(index, 3, 0)
    const ids = u64Batch([2n])
    const previous = new Uint32Array(1)
    index.mark(ids, 0, 1, previous)
    expect(findAll(index, ids)).toEqual([1 + DELETED])
    index.sweep(ids, 0, 1, previous)
    expect(findAll(index, ids)).toEqual([NO_ROW])
    expect(index.entryCount).toBe(2)
    index.put(ids, 0, 1, { rowBase: 9, previous })
    expect([...previous]).toEqual([NO_ROW])
    expect(findAll(index, ids)).toEqual([9])
  })

  it('refuses an explicit id that was never assigned, naming the row', () => {
    const index = makeIndex()
    assign(index, 3, 0)
    index.checkAssigned(u64Batch([3n, 1n]))
    for (const id of [0n, 4n, 2n ** 64n - 1n]) {
      const ids = u64Batch([1n, id])
      expect(() => index.checkAssigned(ids)).toThrow(
        expect.objectContaining({ code: 'SLUICE_NOT_FOUND', details: { row: 1, id, nextId: 4 } }),
      )
      expect(() => index.put(ids, 0, 2, { rowBase: 3, previous: new Uint32Array(2) })).toThrow(
        `row 1: id ${id} was never`,
      )
    }
    expect(findAll(index, assignedBatch(1, 3))).toEqual([0, 1, 2])
  })

  it('refuses to assign an id twice', () => {
    const index = makeIndex()
    assign(index, 3, 0)
    expect(() =>
      index.put(assignedBatch(3, 1), 0, 1, { rowBase: 3, previous: new Uint32Array(1) }),
    ).toThrow('id 3 was assigned before')
  })
})
