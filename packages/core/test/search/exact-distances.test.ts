import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RegionSlots } from '../../src/index/region-slots.js'
import { createNearestHeap, offerNearest } from '../../src/kernels/nearest-heap.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { measureFound, nearestFound } from '../../src/search/exact-distances.js'
import { Pace } from '../../src/search/scan-rows.js'
import { DIMENSION, numberedRows } from './numbered-rows.js'

const ROWS = 150

/** Rows that a search has in its heap, by key, as they come out. */
async function distancesOf(
  keys: readonly (readonly [row: number, key: number])[],
  query: { readonly value: number; readonly distanceMax: number },
): Promise<[row: number, distance: number][]> {
  const store = await numberedRows(ROWS)
  const heap = createNearestHeap(keys.length + 3)
  for (const [row, key] of keys) offerNearest(heap, key, row)
  const run = {
    kernels: scalarKernels,
    view: {
      store,
      dtype: 'float32' as const,
      dimension: DIMENSION,
      metric: 'l2' as const,
      visibleRows: ROWS,
      aliveWords: () => new Uint32Array(0),
      firstRow: 0,
      aliveMask: () => ({ firstRow: 0, mask: undefined }),
      codes: undefined,
    },
    query: {
      vector: new Uint8Array(new Float32Array(DIMENSION).fill(query.value).buffer),
      k: heap.k,
      distanceMax: query.distanceMax,
      checkpoint: () => undefined,
    },
    heap,
    pace: new Pace(),
  }
  const regions = new RegionSlots(scalarKernels)
  const segmentCount = Math.ceil(ROWS / store.rowsPerSegment)
  const segments = Uint32Array.from({ length: segmentCount }, (_, segment) =>
    regions.handleOf(segment, store.segment(segment).bytes),
  )
  measureFound(run, segments)
  const { rows, distances } = nearestFound(run)
  regions.dropFrom(0)
  await store.close()
  expect(heap.count).toBe(0)
  return Array.from(rows, (row, i) => [row, distances[i]!])
}

describe('measureFound', () => {
  it('puts distances in place of keys, nearest first, ties by row', async () => {
    const keys = [
      [141, 1],
      [40, 2],
      [39, 3],
      [41, 4],
    ] as const
    expect(await distancesOf(keys, { value: 40, distanceMax: 32 })).toEqual([
      [40, 0],
      [39, 32],
      [41, 32],
    ])
  })

  it('knows the rows of all segments, whatever their keys', async () => {
    const limit = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(32 * ROWS))
    const keyed = fc.tuple(fc.nat(ROWS - 1), fc.double({ noNaN: true, noDefaultInfinity: true }))
    const keys = fc.uniqueArray(keyed, { selector: ([row]) => row, maxLength: 120 })
    await fc.assert(
      fc.asyncProperty(keys, fc.nat(ROWS), limit, async (found, value, distanceMax) => {
        const expected = found
          .map(([row]): [number, number] => [row, DIMENSION * (row - value) ** 2])
          .filter(([, distance]) => distance <= distanceMax)
          .sort(([a, near], [b, far]) => near - far || a - b)
        expect(await distancesOf(found, { value, distanceMax })).toEqual(expected)
      }),
    )
  })
})
