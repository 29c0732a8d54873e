/** Ids of rows that are dead for good: what an index gives back, and what it still knows. */

import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdIndex } from '../../../src/collection/ids/create-id-index.js'
import { type IdIndex, NO_ROW } from '../../../src/collection/ids/id-index.js'
import type { IdBatch } from '../../../src/id-batch.js'
import type { IdKind } from '../../../src/id-kind.js'
import { assignedBatch, findAll, stringBatch, u64Batch } from './id-batches.js'

const CHUNK_ROWS = 16_384

function makeIndex(kind: IdKind): IdIndex {
  return createIdIndex(kind, new SlabAllocator({ bytesMax: 2 ** 30, backing: 'heap' }))
}

/** Ids that name numbers, from 1: in every kind. */
function batchOf(kind: IdKind, numbers: readonly number[]): IdBatch {
  return kind === 'string' ? stringBatch(numbers.map(String)) : u64Batch(numbers.map(BigInt))
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

/** Adds numbers that are new, in order, to rows from `rowBase` on. */
function add(index: IdIndex, numbers: readonly number[], rowBase: number): void {
  const { kind } = index
  const count = numbers.length
  const batch = kind === 'assigned' ? assignedBatch(numbers[0] ?? 1, count) : batchOf(kind, numbers)
  index.put(batch, 0, count, { rowBase, previous: new Uint32Array(count) })
}

function put(index: IdIndex, numbers: readonly number[], rowBase: number): Uint32Array {
  const previous = new Uint32Array(numbers.length)
  index.put(batchOf(index.kind, numbers), 0, numbers.length, { rowBase, previous })
  return previous
}

function mark(index: IdIndex, numbers: readonly number[]): () => void {
  const batch = batchOf(index.kind, numbers)
  const previous = new Uint32Array(numbers.length)
  index.mark(batch, 0, numbers.length, previous)
  return () => index.sweep(batch, 0, numbers.length, previous)
}

function rowsOf(index: IdIndex, numbers: readonly number[]): number[] {
  return findAll(index, batchOf(index.kind, numbers))
}

describe.each<IdKind>(['u64', 'string', 'assigned'])('an index of %s ids', (kind) => {
  it('gives back what it held for forgotten rows', () => {
    const index = makeIndex(kind)
    const numbers = range(1, 4 * CHUNK_ROWS + 1)
    add(index, numbers, 0)
    // Rows whose ids lie behind others' are recorded one by one even where ids are assigned.
    put(index, numbers, 4 * CHUNK_ROWS)
    const { byteLength } = index
    index.forget(0, 4 * CHUNK_ROWS)
    mark(index, numbers.slice(0, 2 * CHUNK_ROWS))()
    index.forget(4 * CHUNK_ROWS, 6 * CHUNK_ROWS)
    expect(byteLength - index.byteLength).toBeGreaterThanOrEqual(2 * CHUNK_ROWS * 4)
    expect(index.entryCount).toBe(2 * CHUNK_ROWS)
    expect(rowsOf(index, [1, 2 * CHUNK_ROWS, 2 * CHUNK_ROWS + 1])).toEqual([
      NO_ROW,
      NO_ROW,
      6 * CHUNK_ROWS,
    ])
    expect(index.idAt(6 * CHUNK_ROWS)).toEqual(
      kind === 'string' ? String(2 * CHUNK_ROWS + 1) : BigInt(2 * CHUNK_ROWS + 1),
    )
  })

  it('sweeps a delete whose rows were forgotten before, and keeps an id put again', () => {
    const index = makeIndex(kind)
    const numbers = range(1, CHUNK_ROWS + 1)
    add(index, numbers, 0)
    const sweep = mark(index, numbers)
    index.forget(0, CHUNK_ROWS)
    expect(rowsOf(index, [1, 2])).toEqual([NO_ROW, NO_ROW])
    put(index, [2], CHUNK_ROWS)
    sweep()
    expect(index.entryCount).toBe(1)
    expect(rowsOf(index, [1, 2, 3])).toEqual([NO_ROW, CHUNK_ROWS, NO_ROW])
  })
})

describe('an index of assigned ids', () => {
  it('says which id comes after the visible rows, whatever was submitted or forgotten', () => {
    const index = makeIndex('assigned')
    expect(index.nextIdAt(0)).toBe(1)
    add(index, range(1, 11), 0)
    put(index, [3, 4], 10)
    add(index, range(11, 21), 12)
    expect(index.nextIdAt(0)).toBe(1)
    expect(index.nextIdAt(4)).toBe(5)
    expect(index.nextIdAt(10)).toBe(11)
    expect(index.nextIdAt(12)).toBe(11)
    expect(index.nextIdAt(15)).toBe(14)
    expect(index.nextIdAt(22)).toBe(21)
    mark(index, range(1, 21))()
    index.forget(0, 22)
    expect(index.nextIdAt(22)).toBe(21)
    add(index, [21], 22)
    expect(index.nextIdAt(22)).toBe(21)
    expect(index.nextIdAt(23)).toBe(22)
  })

  it('drops its runs', () => {
    const index = makeIndex('assigned')
    for (let i = 0; i < 10_000; i++) {
      add(index, [i + 1], 2 * i)
      put(index, [1], 2 * i + 1)
    }
    mark(index, range(1, 10_001))()
    const { entryCount } = index
    expect(entryCount).toBe(0)
    index.forget(0, 20_000)
    expect(index.entryCount).toBe(0)
    expect([0, 2, 5000].map((row) => index.idAt(row))).toEqual([0n, 0n, 0n])
  })

  it('reads the ids of rows as runs that say the same', () => {
    const step = fc.record({
      isNew: fc.boolean(),
      ids: fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.nat(40), (steps, from) => {
        const index = makeIndex('assigned')
        const idOfRow: number[] = []
        add(index, range(1, 32), 0)
        idOfRow.push(...range(1, 32))
        for (const { isNew, ids } of steps) {
          const numbers = isNew
            ? range(index.nextId, index.nextId + ids.length)
            : ids.map((id) => id + 1)
          const write = isNew ? add : put
          write(index, numbers, idOfRow.length)
          idOfRow.push(...numbers)
        }
        const fromRow = Math.min(from, idOfRow.length - 1)
        const column = index.readIds(fromRow, idOfRow.length)
        if (column.kind !== 'runs') throw new Error('no runs')
        const ids: number[] = []
        for (let at = 0; at < column.fields.length; at += 3) {
          const [count, explicit, first] = column.fields.subarray(at, at + 3)
          ids.push(...range(first!, first! + count!))
          expect(explicit).toBeLessThanOrEqual(1)
        }
        expect(ids).toEqual(idOfRow.slice(fromRow))
        expect(column.count).toBe(ids.length)
      }),
    )
  })
})
