/** Capped collections whose oldest rows go while threads encode them. */

import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { type Collection, open } from '../../../src/index.js'
import { Numbers } from '../../search/vector-sets.js'
import { overwriting, watching } from '../../support/overwriting-allocator.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { segmentsLeft } from './capped-rows.js'

const DIMENSION = 384
/** A segment has 672 rows of 1.5 KB, which are a task of a thread. */
const SCHEMA = { dimension: DIMENSION, metric: 'l2', segmentBytes: 1024 * 1024 } as const
const SEGMENT_ROWS = 672
const BATCH_ROWS = 1500
const BATCHES = 24
/** Less than a batch: its first segments go as soon as it is acknowledged. */
const ROWS_MAX = 700

/** Writes rows with ids from `first` on, into arrays that are copied or in place. */
async function write(
  docs: Collection,
  first: number,
  way: 'add' | 'writer',
): Promise<Float32Array> {
  const ids = Array.from({ length: BATCH_ROWS }, (_, i) => first + i)
  const numbers = new Numbers(first)
  const vectors = Float32Array.from({ length: BATCH_ROWS * DIMENSION }, () => numbers.gaussian())
  if (way === 'add') await docs.add({ ids, vectors })
  else {
    const writer = await docs.writer(BATCH_ROWS)
    for (const { row, rowCount, vectors: room } of writer.spans) {
      room.set(vectors.subarray(row * DIMENSION, (row + rowCount) * DIMENSION) as never)
    }
    await writer.commit({ ids })
  }
  return vectors
}

async function nearest(docs: Collection, vector: Float32Array, exact: boolean): Promise<unknown> {
  const how = exact ? { exact } : { recall: 0.999 }
  const { ids, distances } = await docs.search({ vector, k: 1, ...how })
  return [ids[0], distances[0]]
}

describe.each([
  ['in memory', 0],
  ['in memory', 1],
  ['in memory', 2],
  ['on disk', 2],
] as const)('a capped collection %s, with %s ingest workers', (where, ingestWorkers) => {
  it('finds new rows at once, and no thread touches the memory of old ones', async () => {
    const slabs = new SlabAllocator({ bytesMax: 2 ** 28, backing: 'shared' })
    const { allocator, counts } = watching(overwriting(slabs))
    const place = where === 'on disk' ? { path: await temporaryDirectory() } : {}
    const options = { ...place, allocator, ingestWorkers, durability: 'memory' } as const
    const database = await open(options)
    const schema = { ...SCHEMA, retention: { rowsMax: ROWS_MAX } }
    const docs = await database.collection('docs', schema)
    const checkpoints: Promise<void>[] = []
    for (let batch = 0; batch < BATCHES; batch++) {
      const first = batch * BATCH_ROWS
      const vectors = await write(docs, first, batch % 2 === 0 ? 'add' : 'writer')
      if (batch % 4 === 3) checkpoints.push(database.checkpoint())
      const vector = vectors.slice(-DIMENSION)
      expect(await nearest(docs, vector, false)).toEqual([BigInt(first + BATCH_ROWS - 1), 0])
    }
    await Promise.all(checkpoints)
    await database.flush()
    await segmentsLeft(docs, 3)
    expect(docs.stats().rows).toBeLessThan(ROWS_MAX + SEGMENT_ROWS)
    const numbers = new Numbers(7)
    for (let query = 0; query < 10; query++) {
      const vector = Float32Array.from({ length: DIMENSION }, () => numbers.gaussian())
      expect(await nearest(docs, vector, false)).toEqual(await nearest(docs, vector, true))
    }
    await database.close()
    expect(counts.untouched).toBeGreaterThan(BATCHES)
    expect(counts.touched).toBe(0)
    expect(slabs.stats().leaseCount).toBe(0)
    await slabs.close()
  })
})
