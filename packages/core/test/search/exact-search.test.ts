import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { exactSearch } from '../../src/search/exact-search.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'

const DIMENSION = 32

describe('exactSearch', () => {
  it('never asks for a segment without live rows', async () => {
    const allocator = new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' })
    const warn = (): void => undefined
    const options = { allocator, stride: 4 * DIMENSION, segmentBytes: 8192, warn }
    const store = new MemoryVectorStore(options)
    for (const { row, rowCount, bytes } of await store.claim(3 * 32 + 5)) {
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, rowCount * DIMENSION)
      values.forEach((_, i) => {
        values[i] = row + Math.floor(i / DIMENSION)
      })
    }
    store.seal(store.rowCount)
    await store.flush(store.rowCount)
    store.freeSegmentMemory(1)
    // Segment 1 was freed, segment 2 is dead and still there.
    const words = [Uint32Array.of(0xffffffff), new Uint32Array(0), Uint32Array.of(0)]
    const found = await exactSearch(
      scalarKernels,
      {
        store,
        dtype: 'float32',
        dimension: DIMENSION,
        metric: 'l2',
        visibleRows: store.rowCount,
        aliveWords: (segment) => words[segment] ?? Uint32Array.of(0b11111),
      },
      {
        vector: new Uint8Array(new Float32Array(DIMENSION).fill(70).buffer),
        k: 3,
        distanceMax: Number.POSITIVE_INFINITY,
        checkpoint: () => undefined,
      },
    )
    expect([...found.rows]).toEqual([96, 97, 98])
    await store.close()
  })
})
