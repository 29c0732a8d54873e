import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HnswlibIndex, loadHnswlib } from '../../src/peer/hnswlib.js'
import type { PeerIndex, PeerVectors } from '../../src/peer/peer-index.js'
import { loadUsearch } from '../../src/peer/usearch.js'
import { UsearchIndex } from '../../src/peer/usearch-index.js'
import { GroundTruth } from '../../src/vectors/recall.js'
import { typedView } from '../../src/vectors/typed-view.js'
import { Workload } from '../../src/vectors/workload.js'

const K = 10
const ROW_COUNT = 1300
const QUERY_COUNT = 20

const usearch = await loadUsearch()
const hnswlib = await loadHnswlib()

const shape = { dtype: 'float32', dimension: 24, rowCount: ROW_COUNT, batchRows: 1300 } as const
const workload = new Workload({ ...shape, seed: 6, ids: 'assigned' }, QUERY_COUNT)
const truth = new GroundTruth(workload, K)
const vectors: PeerVectors = {
  rows: typedView('float32', workload.ring) as Float32Array,
  queries: typedView('float32', workload.queries) as Float32Array,
  dimension: 24,
  k: K,
}

function recallAt(index: PeerIndex, ef: number): number {
  const setting = index.at(ef)
  setting.prepare()
  let sum = 0
  for (let query = 0; query < QUERY_COUNT; query++) {
    const rows = Array.from(setting.search(query), Number)
    expect(rows).toHaveLength(K)
    sum += truth.recallOf(
      query,
      rows.map((row) => workload.idOf(row)),
    )
  }
  return sum / QUERY_COUNT
}

async function examine(index: PeerIndex): Promise<void> {
  const progress: number[] = []
  await index.build((rows) => progress.push(rows))
  expect(progress.slice(0, 2)).toEqual([500, 1000])
  const [narrow, wide] = [recallAt(index, K), recallAt(index, 1000)]
  expect(wide).toBeGreaterThan(0.99)
  expect(narrow).toBeLessThan(wide)
}

describe('graph indexes of peers', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-peer-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it.skipIf(typeof usearch === 'string')('finds more with usearch the wider it looks', () =>
    typeof usearch === 'string'
      ? undefined
      : examine(new UsearchIndex(usearch, vectors, directory)),
  )

  it.skipIf(typeof hnswlib === 'string')('finds more with hnswlib the wider it looks', () =>
    typeof hnswlib === 'string' ? undefined : examine(new HnswlibIndex(hnswlib, vectors)),
  )
})
