import { type AllocateOptions, type Lease, PoolError, SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AssignedIdIndex } from '../../../src/collection/ids/assigned-id-index.js'
import { hashBytes, hashKeyOf, hashU64 } from '../../../src/collection/ids/id-hash.js'
import { DELETED, type IdIndex, NO_ROW } from '../../../src/collection/ids/id-index.js'
import { StringIdIndex } from '../../../src/collection/ids/string-id-index.js'
import { U64IdIndex } from '../../../src/collection/ids/u64-id-index.js'
import type { IdBatch } from '../../../src/id-batch.js'
import { assignedBatch, findAll, stringBatch, u64Batch } from './id-batches.js'

const SEED = 42

function makeAllocator(): SlabAllocator {
  return new SlabAllocator({ bytesMax: 2 ** 30, backing: 'heap' })
}

/** Lends a number of times, and then has no more. */
class FailingAllocator extends SlabAllocator {
  allocationsLeft = Infinity

  constructor() {
    super({ bytesMax: 2 ** 30, backing: 'heap' })
  }

  override allocate(byteLength: number, options?: AllocateOptions): Lease {
    if (this.allocationsLeft-- > 0) return super.allocate(byteLength, options)
    throw new PoolError('SLUICE_LIMIT_EXCEEDED', 'no memory is left')
  }
}

/** An index, and how small numbers become ids of its kind. */
interface Subject {
  readonly name: string
  readonly make: (allocator: SlabAllocator, idCount?: number) => IdIndex
  readonly batch: (numbers: readonly number[]) => IdBatch
  readonly idOf: (number: number) => bigint | string
}

const U64: Subject = {
  name: 'U64IdIndex',
  make: (allocator) => new U64IdIndex(allocator, SEED),
  batch: (numbers) => u64Batch(numbers.map((n) => BigInt(n) << 33n)),
  idOf: (n) => BigInt(n) << 33n,
}

const STRING: Subject = {
  name: 'StringIdIndex',
  make: (allocator) => new StringIdIndex(allocator, SEED),
  batch: (numbers) => stringBatch(numbers.map((n) => `id-${n}-é`)),
  idOf: (n) => `id-${n}-é`,
}

const IDS = 24

/** Every id was assigned at the start, to the row of its number. */
const ASSIGNED: Subject = {
  name: 'AssignedIdIndex',
  make: (allocator, idCount = IDS) => {
    const index = new AssignedIdIndex(allocator, SEED)
    index.put(assignedBatch(1, idCount), 0, idCount, {
      rowBase: 0,
      previous: new Uint32Array(idCount),
    })
    return index
  },
  batch: (numbers) => u64Batch(numbers.map((n) => BigInt(n + 1))),
  idOf: (n) => BigInt(n + 1),
}

interface Change {
  readonly kind: 'put' | 'mark'
  readonly numbers: readonly number[]
  readonly batch: IdBatch
  readonly previous: Uint32Array
  readonly expectedPrevious: number[]
}

/** What an index should hold, in a map; and the changes that were neither committed nor undone. */
class Model {
  readonly values = new Map<number, number>()
  readonly pending: Change[] = []
  readonly idOfRow = new Map<number, number>()

  valueOf(number: number): number {
    return this.values.get(number) ?? NO_ROW
  }

  put(numbers: readonly number[], rowBase: number): number[] {
    return numbers.map((number, i) => {
      const before = this.valueOf(number)
      this.values.set(number, rowBase + i)
      this.idOfRow.set(rowBase + i, number)
      return before
    })
  }

  mark(numbers: readonly number[]): number[] {
    return numbers.map((number) => {
      const before = this.valueOf(number)
      if (before === NO_ROW || before >= DELETED) return NO_ROW
      this.values.set(number, before + DELETED)
      return before
    })
  }

  undo({ kind, numbers, expectedPrevious }: Change): void {
    for (let i = numbers.length - 1; i >= 0; i--) {
      const before = expectedPrevious[i]!
      if (before !== NO_ROW) this.values.set(numbers[i]!, before)
      else if (kind === 'put') this.values.delete(numbers[i]!)
    }
  }

  sweep({ numbers, expectedPrevious }: Change): void {
    numbers.forEach((number, i) => {
      const before = expectedPrevious[i]!
      if (before !== NO_ROW && this.valueOf(number) === before + DELETED) this.values.delete(number)
    })
  }
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>('put', 'put', 'mark', 'undo', 'commit'),
  numbers: fc.array(fc.nat(IDS - 1), { maxLength: 12 }),
})

interface Step {
  readonly kind: 'put' | 'mark' | 'undo' | 'commit'
  readonly numbers: readonly number[]
}

function runStep(subject: Subject, index: IdIndex, model: Model, { kind, numbers }: Step): void {
  if (kind === 'undo') {
    const change = model.pending.pop()
    if (!change) return
    const { batch, previous } = change
    if (change.kind === 'put') index.undoPut(batch, 0, batch.count, previous)
    else index.undoMark(batch, 0, batch.count, previous)
    model.undo(change)
  } else if (kind === 'commit') {
    const change = model.pending.shift()
    if (change?.kind !== 'mark') return
    index.sweep(change.batch, 0, change.batch.count, change.previous)
    model.sweep(change)
  } else {
    const batch = subject.batch(numbers)
    const previous = new Uint32Array(batch.count)
    const rowBase = 100 + model.idOfRow.size
    const isPut = kind === 'put'
    if (isPut) index.put(batch, 0, batch.count, { rowBase, previous })
    else index.mark(batch, 0, batch.count, previous)
    const expectedPrevious = isPut ? model.put(numbers, rowBase) : model.mark(numbers)
    expect([...previous]).toEqual(expectedPrevious)
    model.pending.push({ kind, numbers, batch, previous, expectedPrevious })
  }
}

function runModel(subject: Subject): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const allocator = makeAllocator()
      const index = subject.make(allocator)
      const model = new Model()
      const universe = Array.from({ length: IDS }, (_, n) => n)
      if (subject === ASSIGNED) model.put(universe, 0)
      for (const step of steps) {
        runStep(subject, index, model, step)
        const values = findAll(index, subject.batch(universe))
        expect(values).toEqual(universe.map((n) => model.valueOf(n)))
        expect(index.entryCount).toBe(model.values.size)
      }
      const rows = [...model.idOfRow.keys()]
      const ids = rows.map((row) => subject.idOf(model.idOfRow.get(row)!))
      expect(rows.map((row) => index.idAt(row))).toEqual(ids)
      expect([...index.idsAt(Uint32Array.from(rows), rows.length)]).toEqual(ids)
      index.release()
      expect(allocator.stats().leaseCount).toBe(0)
    }),
  )
}

describe.each([U64, STRING, ASSIGNED])('$name', (subject) => {
  it('agrees with a map through puts, deletes, commits and undos in any order', () => {
    runModel(subject)
  })

  it('lets the second of two equal ids in a batch see the row of the first', () => {
    const index = subject.make(makeAllocator())
    const batch = subject.batch([3, 3])
    const before = findAll(index, batch)
    const previous = new Uint32Array(2)
    index.put(batch, 0, 2, { rowBase: 500, previous })
    expect([...previous]).toEqual([before[0], 500])
    index.undoPut(batch, 0, 2, previous)
    expect(findAll(index, batch)).toEqual(before)
  })

  it('keeps an id that was put again between a delete and its commit', () => {
    const index = subject.make(makeAllocator())
    const batch = subject.batch([7])
    const previous = new Uint32Array(1)
    index.put(batch, 0, 1, { rowBase: 100, previous })
    index.mark(batch, 0, 1, previous)
    expect(findAll(index, batch)).toEqual([100 + DELETED])
    index.put(batch, 0, 1, { rowBase: 101, previous: new Uint32Array(1) })
    index.sweep(batch, 0, 1, previous)
    expect(findAll(index, batch)).toEqual([101])
  })

  it('works on a part of a batch: rows and previous values follow the number in the batch', () => {
    const index = subject.make(makeAllocator())
    const batch = subject.batch([1, 2, 3, 4])
    const before = findAll(index, batch)
    const previous = new Uint32Array(4).fill(9)
    index.put(batch, 1, 3, { rowBase: 200, previous })
    expect(findAll(index, batch)).toEqual([before[0], 201, 202, before[3]])
    expect([...previous]).toEqual([9, before[1], before[2], 9])
  })

  it('refuses ids of another kind as an internal error', () => {
    const other = subject === STRING ? U64 : STRING
    const index = subject.make(makeAllocator())
    const code = 'SLUICE_INTERNAL'
    expect(() => findAll(index, other.batch([1]))).toThrow(expect.objectContaining({ code }))
  })

  it('is as it was when memory ends, wherever in a put that happens', () => {
    const count = 30_000
    const batch = subject.batch(Array.from({ length: count }, (_, n) => n))
    const code = 'SLUICE_LIMIT_EXCEEDED'
    let failures = 0
    for (let allocationsLeft = 0; ; allocationsLeft++) {
      const allocator = new FailingAllocator()
      const index = subject.make(allocator, count)
      const before = findAll(index, batch)
      const entryCount = index.entryCount
      allocator.allocationsLeft = allocationsLeft
      const put = (): void =>
        index.put(batch, 0, count, { rowBase: 50_000, previous: new Uint32Array(count) })
      try {
        put()
        break
      } catch (error) {
        expect(error).toMatchObject({ code })
        failures += 1
      }
      expect(findAll(index, batch)).toEqual(before)
      expect(index.entryCount).toBe(entryCount)
      index.release()
      expect(allocator.stats().leaseCount).toBe(0)
    }
    expect(failures).toBeGreaterThan(20)
  })
})

describe('ids whose hashes are equal', () => {
  it('are kept apart by their bytes', () => {
    const key = hashKeyOf(SEED)
    const encoder = new TextEncoder()
    const pair = collision((n) => {
      const bytes = encoder.encode(`id-${n}`)
      return hashBytes(bytes, 0, bytes.length, key)
    })
    const index = new StringIdIndex(makeAllocator(), SEED)
    expectApart(index, stringBatch(pair.map((n) => `id-${n}`)))
  })

  it('are kept apart by their words', () => {
    const wordsOf = (n: number): [number, number] => [n, Math.imul(n, 0x9e3779b1) >>> 0]
    const pair = collision((n) => hashU64(...wordsOf(n), hashKeyOf(SEED)))
    const ids = { kind: 'u64', count: 2, words: Uint32Array.from(pair.flatMap(wordsOf)) } as const
    expectApart(new U64IdIndex(makeAllocator(), SEED), ids)
  })
})

/** Two numbers with the same hash; among 400,000 there are about 18 such pairs. */
function collision(hashOf: (n: number) => number): [number, number] {
  const numberOf = new Map<number, number>()
  for (let n = 0; n < 400_000; n++) {
    const hash = hashOf(n)
    const first = numberOf.get(hash)
    if (first !== undefined) return [first, n]
    numberOf.set(hash, n)
  }
  throw new Error('no collision')
}

function expectApart(index: IdIndex, pair: IdBatch): void {
  const previous = new Uint32Array(2)
  index.put(pair, 0, 2, { rowBase: 10, previous })
  expect([...previous]).toEqual([NO_ROW, NO_ROW])
  expect(findAll(index, pair)).toEqual([10, 11])
  index.mark(pair, 0, 1, previous)
  index.sweep(pair, 0, 1, previous)
  expect(findAll(index, pair)).toEqual([NO_ROW, 11])
}
