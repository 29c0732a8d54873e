/** That distances and scores are what docs/metrics.md says, with whatever kernels. */

import { afterEach, describe, expect, it } from 'vitest'
import {
  type CollectionSchema,
  type Database,
  type Hit,
  open,
  scalarKernels,
} from '../src/index.js'

const databases: Database[] = []

afterEach(async () => {
  for (const database of databases.splice(0)) await database.close()
})

describe.each(['auto', 'scalar'])('with %s kernels', (name) => {
  /** What a search finds among one row. */
  async function compare(
    schema: CollectionSchema,
    row: readonly number[] | Uint8Array,
    query: readonly number[] | Uint8Array,
  ): Promise<Pick<Hit, 'distance' | 'score'>> {
    const database = await open({ kernels: name === 'auto' ? name : scalarKernels })
    databases.push(database)
    const rows = await database.collection('rows', schema)
    await rows.add({ vectors: [row] })
    const { distance, score } = (await rows.search({ vector: query })).at(0) as Hit
    return { distance, score }
  }

  it('the distances of real vectors are those of the textbook', async () => {
    const of = (metric: 'cosine' | 'dot' | 'l2') =>
      compare({ dimension: 2, metric }, [3, 4], [6, 0])
    expect(await of('dot')).toEqual({ distance: -18, score: 18 })
    expect(await of('l2')).toEqual({ distance: 5, score: -5 })
    const { distance, score } = await of('cosine')
    expect(score).toBeCloseTo(0.6, 14)
    expect(distance).toBeCloseTo(0.4, 14)
  })

  it.each(['complex64', 'complex128'] as const)(
    'the product of %s vectors is the real part of the Hermitian one',
    async (dtype) => {
      // (1 + 2i, 3i) and (2 - i, 1 + i): the products a conj(b) are 5i and 3 + 3i.
      const of = (metric: 'cosine' | 'dot' | 'l2') =>
        compare({ dimension: 2, dtype, metric }, [2, -1, 1, 1], [1, 2, 0, 3])
      expect(await of('dot')).toEqual({ distance: -3, score: 3 })
      expect((await of('cosine')).score).toBeCloseTo(3 / Math.sqrt(14 * 7), 14)
      expect((await of('l2')).distance).toBeCloseTo(Math.sqrt(15), 14)
      const turned = await compare({ dimension: 1, dtype }, [2, 1], [-1, 2])
      expect(turned).toEqual({ distance: 1, score: 0 })
    },
  )

  it('hamming counts bits, the first dimension in the highest one', async () => {
    const schema = { dimension: 11, dtype: 'bit' } as const
    const row = Uint8Array.of(0b1000_0000, 0b0010_0000)
    const hit = await compare(schema, row, Uint8Array.of(0, 0b1110_0000))
    expect(hit).toEqual({ distance: 3, score: -3 })
    const numbers = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    expect((await compare(schema, row, numbers)).distance).toBe(0)
    const tooMany = Uint8Array.of(0, 0b0001_0000)
    await expect(compare(schema, tooMany, row)).rejects.toThrow('padding')
  })

  it('a float64 l2 that overflows is Infinity', async () => {
    const schema = { dimension: 1, dtype: 'float64', metric: 'l2' } as const
    const hit = await compare(schema, [1e200], [-1e200])
    expect(hit).toEqual({ distance: Infinity, score: -Infinity })
  })

  it('a float64 dot that overflows is infinite, with its sign', async () => {
    const schema = { dimension: 1, dtype: 'float64', metric: 'dot' } as const
    expect(await compare(schema, [1e200], [1e200])).toEqual({
      distance: -Infinity,
      score: Infinity,
    })
    expect((await compare(schema, [1e200], [-1e200])).distance).toBe(Infinity)
  })
})
