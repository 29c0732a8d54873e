import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createClusterJob } from '../../../src/index/cluster/cluster-job.js'
import { orderCentroids } from '../../../src/index/cluster/order-centroids.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { Numbers } from '../../search/vector-sets.js'
import { anyFates, assistantsWith, type Fate } from './in-process-assistants.js'

const ELEMENTS = 24

function order(centroids: Float32Array, fates?: readonly Fate[]): Promise<Uint32Array> {
  const rows = { segments: [], rowsPerSegment: 32, firstRow: 0, rowCount: 0, mask: undefined }
  const shape = { dtype: 'float32', dimension: ELEMENTS, metric: 'l2' } as const
  const input = { shape, rows, seed: 1, listsPerRow: 1, queries: new Uint8Array() } as const
  const host = {
    allocate: async (byteLength: number) => new Uint8Array(byteLength),
    step: async () => undefined,
    ...(fates ? { assistants: assistantsWith(scalarKernels, input, fates) } : {}),
  }
  return orderCentroids(createClusterJob(scalarKernels, input, host), centroids)
}

/** `count` centroids at each of some places that are far apart, the places taking turns. */
function centroidsAt(places: number, count: number): Float32Array {
  const numbers = new Numbers(7)
  const centres = Float32Array.from({ length: places * ELEMENTS }, () => 10 * numbers.gaussian())
  return Float32Array.from({ length: places * count * ELEMENTS }, (_, i) => {
    const place = Math.floor(i / ELEMENTS) % places
    return centres[place * ELEMENTS + (i % ELEMENTS)]! + 0.1 * numbers.gaussian()
  })
}

describe('orderCentroids', () => {
  it('puts neighbours into the same run of 64', async () => {
    const found = await order(centroidsAt(8, 64))
    const runs = Array.from({ length: 8 }, (_, run) => {
      const places = found.subarray(64 * run, 64 * (run + 1)).map((centroid) => centroid % 8)
      return new Set(places).size
    })
    expect(runs).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  })

  it.each([1, 64, 65, 200, 1000])('names each of %d centroids once', async (count) => {
    const numbers = new Numbers(count)
    const length = count * ELEMENTS
    const found = await order(Float32Array.from({ length }, () => numbers.gaussian()))
    expect([...found.sort()]).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  it('is the same whatever assistants do or leave', async () => {
    const numbers = new Numbers(4)
    const centroids = Float32Array.from({ length: 900 * ELEMENTS }, () => numbers.gaussian())
    const right = await order(centroids)
    const check = async (fates: Fate[]): Promise<void> => {
      expect(await order(centroids, fates)).toEqual(right)
    }
    await fc.assert(fc.asyncProperty(anyFates, check), { numRuns: 20 })
  })

  it('leaves equal centroids in their order', async () => {
    const found = await order(new Float32Array(300 * ELEMENTS).fill(1))
    expect([...found.subarray(0, 64)].sort((a, b) => a - b)).toEqual([...found.subarray(0, 64)])
    expect(new Set(found).size).toBe(300)
  })
})
