/** Searches of capped collections: what they cost follows from the rows that are left. */

import { afterEach, describe, expect, it } from 'vitest'
import type { KernelProvider, ListSearch } from '../../../src/index.js'
import { selectKernels } from '../../../src/kernels/select.js'
import { Numbers } from '../../search/vector-sets.js'
import { closeAll, openIn, segmentsLeft } from './capped-rows.js'

const DIMENSION = 384
/** A segment has 672 rows of 1.5 KB. */
const SCHEMA = { dimension: DIMENSION, metric: 'l2', segmentBytes: 1024 * 1024 } as const
const SEGMENT_ROWS = 672
const ROWS_MAX = 3 * SEGMENT_ROWS
const ROUNDS = 20

afterEach(closeAll)

/** The kernels of this machine, and the searches that they were called for. */
async function watched(): Promise<{ kernels: KernelProvider; searches: ListSearch[] }> {
  const kernels = await selectKernels('auto')
  const searches: ListSearch[] = []
  const handler: ProxyHandler<KernelProvider> = {
    get: (target, name) => {
      const value: unknown = target[name as keyof KernelProvider]
      if (typeof value !== 'function') return value
      if (name !== 'searchLists') return value.bind(target)
      return (...args: Parameters<KernelProvider['searchLists']>) => {
        searches.push(args[0])
        return kernels.searchLists(...args)
      }
    },
  }
  return { kernels: new Proxy(kernels, handler), searches }
}

describe('searches of a capped collection', () => {
  it('look at no more than the rows that are left, however many there were', async () => {
    const { kernels, searches } = await watched()
    const database = await openIn({ kernels })
    const docs = await database.collection('docs', { ...SCHEMA, retention: { rowsMax: ROWS_MAX } })
    const numbers = new Numbers(3)
    const vectorsOf = (rowCount: number): Float32Array =>
      Float32Array.from({ length: rowCount * DIMENSION }, () => numbers.gaussian())
    for (let round = 0; round < ROUNDS; round++) {
      await docs.add({ vectors: vectorsOf(ROWS_MAX) })
      await database.flush()
      await segmentsLeft(docs, 4)
      // Some die beside those that are dropped.
      await docs.delete({ ids: [BigInt(round * ROWS_MAX + ROWS_MAX - 5)] })
      searches.length = 0
      const vector = vectorsOf(1)
      const { ids } = await docs.search({ vector, k: 5, recall: 0.999 })
      expect(searches.length).toBeGreaterThan(0)
      for (const { rows } of searches) {
        expect(rows.rowCount).toBe((round + 1) * ROWS_MAX)
        expect(rows.rowCount - rows.firstRow).toBeLessThanOrEqual(4 * SEGMENT_ROWS)
        expect(rows.mask!.length).toBe(Math.ceil((rows.rowCount - rows.firstRow) / 32))
      }
      expect(ids).toEqual((await docs.search({ vector, k: 5, exact: true })).ids)
    }
  })
})
