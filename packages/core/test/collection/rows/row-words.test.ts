import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { CHUNK_ROWS, RowWords } from '../../../src/collection/rows/row-words.js'

describe('RowWords', () => {
  it('keeps words while the first chunk grows, and zero is where nothing was written', () => {
    const allocator = new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' })
    const words = new RowWords(allocator, 2)
    for (let row = 0; row < CHUNK_ROWS + 10; row++) {
      words.ensure(row, row + 1)
      expect(words.first(row)).toBe(0)
      words.setFirst(row, row + 1)
    }
    for (let row = 0; row < CHUNK_ROWS + 10; row++) expect(words.first(row)).toBe(row + 1)
    expect(words.byteLength).toBe(2 * CHUNK_ROWS * 8)
    expect(allocator.stats().leasedBytes).toBe(words.byteLength)
  })

  it('makes only the chunks that rows were asked for in, and gives all of them back', () => {
    const allocator = new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' })
    const words = new RowWords(allocator, 1)
    words.ensure(5 * CHUNK_ROWS - 1, 5 * CHUNK_ROWS + 1)
    expect(words.byteLength).toBe(2 * CHUNK_ROWS * 4)
    expect(words.first(0)).toBe(0)
    words.ensure(7, 7)
    expect(words.byteLength).toBe(2 * CHUNK_ROWS * 4)
    words.release()
    expect(words.byteLength).toBe(0)
    expect(allocator.stats().leaseCount).toBe(0)
  })

  it('gives a chunk back when all of its rows were forgotten, in parts and in any order', () => {
    const words = new RowWords(new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' }), 1)
    const rows = 3 * CHUNK_ROWS
    words.ensure(0, rows)
    words.setFirst(CHUNK_ROWS - 1, 7)
    words.forget(CHUNK_ROWS / 2, CHUNK_ROWS + 5)
    expect(words.byteLength).toBe(rows * 4)
    expect(words.first(CHUNK_ROWS - 1)).toBe(7)
    words.forget(0, CHUNK_ROWS / 2)
    expect(words.byteLength).toBe(2 * CHUNK_ROWS * 4)
    expect(words.first(CHUNK_ROWS - 1)).toBe(0)
    words.forget(CHUNK_ROWS + 5, rows)
    expect(words.byteLength).toBe(0)
  })

  it('forgets rows of a chunk that only later gets memory for the others', () => {
    const words = new RowWords(new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' }), 1)
    words.forget(0, CHUNK_ROWS + 100)
    words.ensure(CHUNK_ROWS + 100, CHUNK_ROWS + 101)
    words.setFirst(CHUNK_ROWS + 100, 1)
    expect(words.byteLength).toBe(CHUNK_ROWS * 4)
    words.forget(CHUNK_ROWS + 100, 2 * CHUNK_ROWS)
    expect(words.byteLength).toBe(0)
  })

  it('finds the next row with a word, over chunks that are not there', () => {
    const words = new RowWords(new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' }), 2)
    const row = 5 * CHUNK_ROWS + 3
    words.ensure(row, row + 2)
    words.setFirst(row, 9)
    expect(words.nextSet(0, 2 ** 31 - 2)).toBe(row)
    expect(words.nextSet(row, row + 1)).toBe(row)
    expect(words.nextSet(row + 1, 2 ** 31 - 2)).toBe(2 ** 31 - 2)
    expect(words.nextSet(0, row)).toBe(row)
  })
})
