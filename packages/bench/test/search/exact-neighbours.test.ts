import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from '@sluice/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exactNeighbours, readNeighbours } from '../../src/search/exact-neighbours.js'
import { UsageError } from '../../src/usage-error.js'
import { GroundTruth } from '../../src/vectors/recall.js'
import { Workload } from '../../src/vectors/workload.js'

describe('readNeighbours', () => {
  let path = ''
  beforeAll(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'sluice-truth-')), 'truth.u32')
    await writeFile(path, new Uint32Array([5, 1, 2, 7, 3, 0]))
  })
  afterAll(() => rm(join(path, '..'), { recursive: true }))

  it('takes the first neighbours of each query', async () => {
    const file = { path, queryCount: 2, rowCount: 8 }
    expect(await readNeighbours({ ...file, k: 3 })).toEqual([
      [5, 1, 2],
      [7, 3, 0],
    ])
    expect(await readNeighbours({ ...file, k: 1 })).toEqual([[5], [7]])
  })

  it.each([
    [{ queryCount: 2, rowCount: 8, k: 4 }, 'has 24 bytes: not 4 or more'],
    [{ queryCount: 4, rowCount: 8, k: 1 }, 'has 24 bytes: not 1 or more'],
    [{ queryCount: 2, rowCount: 7, k: 3 }, 'names row 7, but there are 7 rows'],
  ])('refuses a file that does not fit %j', async (file, message) => {
    const reading = readNeighbours({ path, ...file })
    await expect(reading).rejects.toThrow(UsageError)
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toThrow('leave --truth out')
  })
})

describe('exactNeighbours', () => {
  it('finds what the brute force finds', async () => {
    const shape = { dtype: 'float32', dimension: 16, rowCount: 2000, batchRows: 2000 } as const
    const workload = new Workload({ ...shape, seed: 3, ids: 'assigned' }, 8)
    const database = await open({})
    const { dimension, dtype } = workload.shape
    const collection = await database.collection('rows', { dimension, dtype })
    await collection.ingest(workload.batches)
    const neighbours = await exactNeighbours(collection, workload, 10, () => undefined)
    await database.close()
    const brute = new GroundTruth(workload, 10)
    const known = new GroundTruth(workload, 10, neighbours)
    for (const [query, rows] of neighbours.entries()) {
      const ids = rows.map((row) => workload.idOf(row))
      expect(brute.recallOf(query, ids)).toBe(1)
      expect(known.recallOf(query, ids)).toBe(1)
      expect(known.recallOf(query, ids.slice(0, 7))).toBeCloseTo(0.7)
      expect(known.recallOf((query + 1) % 8, ids)).toBe(brute.recallOf((query + 1) % 8, ids))
    }
  })
})
