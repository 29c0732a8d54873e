import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { CHUNK_ROWS, RowWords } from '../../src/collection/row-words.js'

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
})
