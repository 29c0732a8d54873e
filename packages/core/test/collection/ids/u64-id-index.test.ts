import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_ROW } from '../../../src/collection/ids/id-index.js'
import { U64IdIndex } from '../../../src/collection/ids/u64-id-index.js'
import type { U64IdBatch } from '../../../src/id-batch.js'
import { findAll, u64Batch } from './id-batches.js'

const STEP = 5000

function makeIndex(seed = 1): { readonly index: U64IdIndex; readonly allocator: SlabAllocator } {
  const allocator = new SlabAllocator({ bytesMax: 2 ** 31, backing: 'heap' })
  return { index: new U64IdIndex(allocator, seed), allocator }
}

function wordsOf(count: number, idOf: (i: number) => readonly [number, number]): U64IdBatch {
  const words = new Uint32Array(2 * count)
  for (let i = 0; i < count; i++) words.set(idOf(i), 2 * i)
  return { kind: 'u64', count, words }
}

function slice(ids: U64IdBatch, from: number, to: number): U64IdBatch {
  return { kind: 'u64', count: to - from, words: ids.words.subarray(2 * from, 2 * to) }
}

function reverse(word: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((word >>> bit) & 1)
  return reversed
}

const PATTERNS: readonly (readonly [string, (i: number) => readonly [number, number]])[] = [
  ['sequential', (i) => [i, 0]],
  ['multiples of 2^32', (i) => [0, i]],
  ['multiples of 2^12', (i) => [(i << 12) >>> 0, i >>> 20]],
  ['bit-reversed', (i) => [0, reverse(i)]],
  ['with equal low bits', (i) => [0xabcdef12, i]],
  ['with equal words', (i) => [i, i]],
  ['with complementary words', (i) => [i, ~i]],
  ['descending from 2^64', (i) => [~i, 0xffffffff]],
]

describe('U64IdIndex', () => {
  it('takes ids over the whole range of u64', () => {
    const { index } = makeIndex()
    const ids = u64Batch([0n, 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n])
    index.put(ids, 0, 6, { rowBase: 10, previous: new Uint32Array(6) })
    expect(findAll(index, ids)).toEqual([10, 11, 12, 13, 14, 15])
    expect(index.idAt(15)).toBe(2n ** 64n - 1n)
    expect(findAll(index, u64Batch([2n]))).toEqual([NO_ROW])
    expect(index.nextId).toBe(0)
  })

  it('takes 24 bytes per row or less, at every size from 100,000 rows', () => {
    const { index, allocator } = makeIndex()
    const count = 600_000
    const ids = wordsOf(count, (i) => [i, 7])
    let worst = 0
    for (let from = 0; from < count; from += STEP) {
      index.put(slice(ids, from, from + STEP), 0, STEP, {
        rowBase: from,
        previous: new Uint32Array(STEP),
      })
      const rowCount = from + STEP
      if (rowCount >= 100_000) worst = Math.max(worst, index.byteLength / rowCount)
    }
    expect(worst).toBeLessThanOrEqual(24)
    // The sizes of its parts are those in which the allocator lends: nothing is lost there.
    expect(allocator.stats().leasedBytes).toBe(index.byteLength)
    expect(findAll(index, ids).every((row, i) => row === i)).toBe(true)
    index.release()
    expect(index.byteLength).toBe(0)
    expect(allocator.stats().leaseCount).toBe(0)
  })

  it('stays small while it holds little', () => {
    const { index } = makeIndex()
    expect(index.byteLength).toBe(0)
    index.put(u64Batch([5n]), 0, 1, { rowBase: 0, previous: new Uint32Array(1) })
    expect(index.byteLength).toBeLessThan(10_000)
  })

  it.each(PATTERNS)('keeps entries near their place for ids %s', (_, idOf) => {
    const ids = wordsOf(60_000, idOf)
    fc.assert(
      fc.property(fc.nat(0xffffffff), (seed) => {
        const { index } = makeIndex(seed)
        index.put(ids, 0, ids.count, { rowBase: 0, previous: new Uint32Array(ids.count) })
        const { mean, max } = index.probeDistances()
        // Linear probing at load 0.8 (Knuth, volume 3, 6.4): a mean of 2.0 for random hashes.
        expect(mean).toBeLessThan(2.6)
        expect(max).toBeLessThan(80)
      }),
      { numRuns: 8 },
    )
  })

  it('loses nothing when entries are removed from a full table', () => {
    const { index } = makeIndex()
    const count = 50_000
    const ids = wordsOf(count, (i) => [i, 0])
    const previous = new Uint32Array(count)
    index.put(ids, 0, count, { rowBase: 0, previous: new Uint32Array(count) })
    const even = wordsOf(count / 2, (i) => [2 * i, 0])
    index.mark(even, 0, even.count, previous)
    index.sweep(even, 0, even.count, previous)
    expect(index.entryCount).toBe(count / 2)
    expect(findAll(index, ids).every((row, i) => row === (i % 2 === 0 ? NO_ROW : i))).toBe(true)
    const odd = wordsOf(count / 2, (i) => [2 * i + 1, 0])
    index.mark(odd, 0, odd.count, previous)
    index.sweep(odd, 0, odd.count, previous)
    expect(index.entryCount).toBe(0)
    expect(findAll(index, ids).every((row) => row === NO_ROW)).toBe(true)
  })
})
