import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_ROW } from '../../../src/collection/ids/id-index.js'
import { IdTable } from '../../../src/collection/ids/id-table.js'
import type { RowKeys } from '../../../src/collection/ids/row-keys.js'

/** Ids are numbers, and the id of row r is r; the hash is as bad as the test wants it. */
class BadKeys implements RowKeys<readonly number[]> {
  readonly #hash: (id: number) => number

  constructor(hash: (id: number) => number) {
    this.#hash = hash
  }

  hashOf(ids: readonly number[], index: number): number {
    return this.#hash(ids[index]!) | 0
  }

  matches(row: number, ids: readonly number[], index: number): boolean {
    return row === ids[index]
  }
}

const BAD_HASHES: readonly (readonly [string, (id: number) => number])[] = [
  ['always 0', () => 0],
  ['always the last', () => -1],
  ['four values', (id) => (id & 3) << 30],
  ['the id itself', (id) => id],
  ['the id in the high bits', (id) => id << 20],
  ['near the end of each part', (id) => (id << 28) | 0x0fffffff],
]

describe('IdTable', () => {
  it.each(BAD_HASHES)('agrees with a map although the hash is %s', (_, hash) => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(400), fc.nat(30)), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (changes) => {
        const allocator = new SlabAllocator({ bytesMax: 2 ** 28, backing: 'heap' })
        const table = new IdTable(allocator, new BadKeys(hash))
        const model = new Set<number>()
        for (const [isSet, first, count] of changes) {
          const ids = Array.from({ length: count }, (_, i) => first + i)
          ids.forEach((id, i) => {
            if (isSet) expect(table.set(ids, i, id)).toBe(model.has(id) ? id : NO_ROW)
            else table.remove(ids, i)
            if (isSet) model.add(id)
            else model.delete(id)
          })
        }
        const all = Array.from({ length: 430 }, (_, id) => id)
        const out = new Uint32Array(all.length)
        table.getRange(all, 0, all.length, out)
        expect([...out]).toEqual(all.map((id) => (model.has(id) ? id : NO_ROW)))
        expect(table.entryCount).toBe(model.size)
        table.release()
        expect(allocator.stats().leaseCount).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it('splits unevenly where the hash is uneven', () => {
    const allocator = new SlabAllocator({ bytesMax: 2 ** 30, backing: 'heap' })
    const table = new IdTable(allocator, new BadKeys((id) => id * 37))
    const ids = Array.from({ length: 60_000 }, (_, id) => id)
    const previous = new Uint32Array(ids.length)
    table.setRange(ids, 0, ids.length, { rowBase: 0, previous })
    const out = new Uint32Array(ids.length)
    table.getRange(ids, 0, ids.length, out)
    expect(out.every((row, id) => row === id)).toBe(true)
  })
})
