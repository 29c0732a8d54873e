import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AssignedIdIndex } from '../../../src/collection/ids/assigned-id-index.js'
import { type IdIndex, NO_ROW } from '../../../src/collection/ids/id-index.js'
import { StringIdIndex } from '../../../src/collection/ids/string-id-index.js'
import { U64IdIndex } from '../../../src/collection/ids/u64-id-index.js'
import type { IdBatch } from '../../../src/id-batch.js'
import { assignedBatch, findAll, stringBatch, u64Batch } from './id-batches.js'

const SEED = 42

function makeAllocator(): SlabAllocator {
  return new SlabAllocator({ bytesMax: 2 ** 30, backing: 'heap' })
}

function put(index: IdIndex, ids: IdBatch, rowBase: number): void {
  const previous = new Uint32Array(ids.count)
  index.put(ids, 0, ids.count, { rowBase, previous })
}

/** Deletes ids at once, as a replay does. */
function remove(index: IdIndex, ids: IdBatch): void {
  const previous = new Uint32Array(ids.count).fill(NO_ROW)
  index.mark(ids, 0, ids.count, previous)
  index.sweep(ids, 0, ids.count, previous)
}

/** A step: new rows under ids of a small pool, rows under assigned ids, ids gone, oldest gone. */
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('put' as const, 'assign' as const, 'delete' as const, 'evict' as const),
    numbers: fc.uniqueArray(fc.nat({ max: 40 }), { minLength: 1, maxLength: 20 }),
  }),
  { maxLength: 30 },
)

interface Subject {
  readonly name: string
  readonly make: () => IdIndex
  readonly batch: (numbers: readonly number[]) => IdBatch
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'u64',
    make: () => new U64IdIndex(makeAllocator(), SEED),
    batch: (numbers) => u64Batch(numbers.map((n) => BigInt(n) << 33n)),
  },
  {
    name: 'string',
    make: () => new StringIdIndex(makeAllocator(), SEED),
    batch: (numbers) => stringBatch(numbers.map((n) => `id-${n}-é`)),
  },
  {
    name: 'assigned',
    make: () => new AssignedIdIndex(makeAllocator(), SEED),
    batch: (numbers) => u64Batch(numbers.map(BigInt)),
  },
]

describe.each(SUBJECTS)('an index of $name ids', ({ name, make, batch }) => {
  it('forgets ids of evicted rows, and none that have newer ones', () => {
    const property = fc.property(steps, fc.boolean(), (list, isForgetting) => {
      const index = make()
      const newest = new Map<number, number>()
      let rowCount = 0
      let evicted = 0
      for (const { kind, numbers } of list) {
        const known = numbers.filter((n) => name !== 'assigned' || (n > 0 && n < index.nextId))
        if (kind === 'assign' && name === 'assigned') {
          const first = index.nextId
          put(index, assignedBatch(first, numbers.length), rowCount)
          for (const i of numbers.keys()) newest.set(first + i, rowCount++)
        } else if (kind === 'put' && known.length > 0) {
          put(index, batch(known), rowCount)
          for (const n of known) newest.set(n, rowCount++)
        } else if (kind === 'delete') {
          remove(index, batch(known))
          for (const n of known) newest.delete(n)
        } else if (kind === 'evict') {
          const to = evicted + Math.floor((rowCount - evicted) / 2)
          index.removeRows(evicted, to)
          if (isForgetting) index.forget(evicted, to)
          for (const [n, row] of newest) if (row < to) newest.delete(n)
          evicted = to
        }
        const all = Array.from({ length: Math.max(41, index.nextId) }, (_, n) => n)
        expect(findAll(index, batch(all))).toEqual(all.map((n) => newest.get(n) ?? NO_ROW))
        expect(index.entryCount).toBe(newest.size)
      }
    })
    fc.assert(property)
  })
})

describe('an index that rows come in to and go out of for ever', () => {
  it.each(SUBJECTS)('takes no more memory, with $name ids', ({ name, make, batch }) => {
    const index = make()
    const rows = 20_000
    const kept = 60_000
    let most = 0
    for (let rowBase = 0; rowBase < 2_000_000; rowBase += rows) {
      const numbers = Array.from({ length: rows }, (_, i) => rowBase + i)
      put(index, name === 'assigned' ? assignedBatch(index.nextId, rows) : batch(numbers), rowBase)
      if (rowBase >= kept) {
        index.removeRows(rowBase - kept, rowBase - kept + rows)
        index.forget(rowBase - kept, rowBase - kept + rows)
      }
      if (rowBase < 400_000) most = Math.max(most, index.byteLength)
    }
    expect(index.entryCount).toBe(kept)
    expect(index.byteLength).toBeLessThanOrEqual(1.25 * most)
  })

  it('gives back the bits of assigned ids that were written again', () => {
    const index = new AssignedIdIndex(makeAllocator(), SEED)
    const rows = 20_000
    let row = 0
    let most = 0
    for (let round = 0; round < 200; round++) {
      const first = index.nextId
      put(index, assignedBatch(first, rows), row)
      put(index, u64Batch([BigInt(first), BigInt(first + 7)]), row + rows)
      row += rows + 2
      index.removeRows(row - rows - 2, row)
      index.forget(row - rows - 2, row)
      if (round < 40) most = Math.max(most, index.byteLength)
    }
    expect(index.entryCount).toBe(0)
    expect(index.byteLength).toBeLessThanOrEqual(most + 64 * 1024)
  })
})
