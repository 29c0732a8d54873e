import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { exactSearch } from '../../src/search/exact-search.js'
import type { MemoryVectorStore } from '../../src/segment/memory-store.js'
import { DIMENSION, numberedRows } from './numbered-rows.js'

/** The k rows nearest to row 0, among those that are alive. */
async function search(
  store: MemoryVectorStore,
  visibleRows: number,
  k: number,
  aliveWords: (segment: number) => Uint32Array,
): Promise<number[]> {
  const shape = { dtype: 'float32', dimension: DIMENSION, metric: 'l2' } as const
  const found = await exactSearch(
    scalarKernels,
    {
      store,
      ...shape,
      visibleRows,
      aliveWords,
      firstRow: 0,
      aliveMask: () => ({ firstRow: 0, mask: undefined }),
      codes: undefined,
    },
    {
      vector: new Uint8Array(4 * DIMENSION),
      k,
      distanceMax: Number.POSITIVE_INFINITY,
      checkpoint: () => undefined,
    },
  )
  return [...found.rows]
}

describe('exactSearch', () => {
  it('finds the rows that are visible and alive, whatever is dead', async () => {
    const store = await numberedRows(100)
    const { rowsPerSegment } = store
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 100 }),
      fc.uniqueArray(fc.nat(99), { maxLength: 4 }),
      async (visibleRows, dead) => {
        const isAlive = (row: number): boolean => row < visibleRows && !dead.includes(row)
        const aliveWords = (segment: number): Uint32Array => {
          const words = new Uint32Array(rowsPerSegment / 32)
          for (let i = 0; i < rowsPerSegment; i++) {
            if (isAlive(segment * rowsPerSegment + i)) words[i >>> 5]! |= 1 << (i & 31)
          }
          return words
        }
        const expected = Array.from({ length: 100 }, (_, row) => row).filter(isAlive)
        expect(await search(store, visibleRows, 100, aliveWords)).toEqual(expected)
      },
    )
    await fc.assert(property, { numRuns: 200 })
    await store.close()
  })

  it('never asks for a segment without live rows', async () => {
    const store = await numberedRows(3 * 32 + 5)
    store.freeSegmentMemory(1)
    // Segment 1 was freed, segment 2 is dead and still there.
    const words = [Uint32Array.of(0xffffffff), new Uint32Array(0), Uint32Array.of(0)]
    const aliveWords = (segment: number): Uint32Array => words[segment] ?? Uint32Array.of(0b11100)
    expect(await search(store, store.rowCount, 40, aliveWords)).toEqual([
      ...Array.from({ length: 32 }, (_, row) => row),
      98,
      99,
      100,
    ])
    await store.close()
  })
})
