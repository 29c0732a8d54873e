/** Segments whose rows are all dead: what reads do without them, and how long reads hold them. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { RowRead } from '../../src/collection/read/row-read.js'
import { RowSearch } from '../../src/collection/read/row-search.js'
import { encodeMetadata } from '../../src/collection/rows/metadata-codec.js'
import {
  segmentIsDead,
  snapshotCollection,
} from '../../src/collection/state/collection-snapshot.js'
import type { CollectionState } from '../../src/collection/state/collection-state.js'
import { collectionStats } from '../../src/collection/state/stats.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { Timings } from '../../src/observe/timings.js'
import { SearchPool } from '../../src/search/many/search-pool.js'
import { SearchCounts } from '../../src/search/search-counts.js'
import { u64Batch } from './ids/id-batches.js'
import {
  DIMENSION,
  deleteRows,
  emptyState,
  packedTexts,
  ROWS_PER_SEGMENT,
  writeRows,
} from './live-collection.js'

const ALL = new Set(['metadata', 'vector'] as const)
const WALK = { parts: ALL, after: undefined, checkpoint: () => undefined }

function range(from: number, to: number): bigint[] {
  return Array.from({ length: to - from }, (_, i) => BigInt(from + i))
}

/** Rows 0 to 99 under ids 0 to 99; rows 32 to 63, which are segment 1, are dead. */
async function withDeadSegment(): Promise<CollectionState> {
  const state = emptyState()
  const tags = Array.from({ length: 100 }, (_, row) => ({ row }))
  await writeRows(state, u64Batch(range(0, 100)), encodeMetadata(tags, 100))
  await state.store.flush(100)
  deleteRows(state, u64Batch(range(ROWS_PER_SEGMENT, 2 * ROWS_PER_SEGMENT)))
  return state
}

function nearest(state: CollectionState, value: number, k: number) {
  const vector = new Float32Array(DIMENSION).fill(value)
  const searches = new SearchPool({ kernels: scalarKernels, areKernelsSelected: false })
  const { signal: closing } = new AbortController()
  const timings = new Timings({ onStall: () => undefined })
  const searchCounts = new SearchCounts()
  const services = { kernels: scalarKernels, searches, closing, timings, searchCounts }
  const search = new RowSearch(state, services, () => undefined)
  return search.search({ vector, k, exact: true, include: [...ALL] })
}

async function hasSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false
  void promise.then(() => {
    settled = true
  })
  await nextTurn()
  return settled
}

describe('freeSegment', () => {
  it('leaves search, get and walk as they were, and the dead rows dead', async () => {
    const state = await withDeadSegment()
    const snapshot = snapshotCollection(state)
    expect([0, 1, 2].map((index) => segmentIsDead(snapshot, index))).toEqual([false, true, false])
    await state.freeSegment(1)
    await state.freeSegment(1)
    expect([...state.freedSegments]).toEqual([1])
    expect(() => state.store.segment(1)).toThrow()

    const hits = await nearest(state, 40, 3)
    expect([...hits.ids]).toEqual([31n, 30n, 29n])
    expect(hits.at(0)).toMatchObject({ metadata: { row: 31 } })
    const read = new RowRead(state)
    const rows = await read.get(u64Batch([31n, 32n, 63n, 64n]), ALL)
    expect(rows.map((row) => row?.metadata)).toEqual([
      { row: 31 },
      undefined,
      undefined,
      { row: 64 },
    ])
    const walked = []
    for await (const { id, vector } of read.walk({ ...WALK, after: u64Batch([30n]) })) {
      walked.push([id, vector?.[0]])
    }
    expect(walked).toEqual([31n, ...range(64, 100)].map((id) => [id, Number(id)]))
  })

  it('does not count the freed rows as taking space', async () => {
    const state = await withDeadSegment()
    deleteRows(state, u64Batch([0n]))
    expect(collectionStats(state)).toMatchObject({ rows: 67, deadRows: 33 })
    await state.freeSegment(1)
    expect(collectionStats(state)).toMatchObject({ rows: 67, deadRows: 1 })
  })

  it('takes new rows under the ids of freed ones', async () => {
    const state = await withDeadSegment()
    await state.freeSegment(1)
    await writeRows(state, u64Batch([40n, 41n]), packedTexts(['', '']))
    const rows = await new RowRead(state).get(u64Batch([40n, 42n]), ALL)
    expect(rows.map((row) => row?.vector?.[0])).toEqual([100, undefined])
    expect(snapshotCollection(state).checksums).toHaveLength(4)
  })
})

describe('a read', () => {
  it('holds what it looks at until it ends: search and get', async () => {
    const state = await withDeadSegment()
    const search = nearest(state, 1, 1)
    const got = new RowRead(state).get(u64Batch([1n]), ALL)
    let isQuiet = false
    const quiet = state.reads.whenQuiet().then(() => {
      isQuiet = true
    })
    await Promise.resolve()
    expect(isQuiet).toBe(false)
    await Promise.all([search, got])
    await quiet
  })

  it('does not hold anything after it failed', async () => {
    const state = await withDeadSegment()
    const read = new RowRead(state)
    const walk = read.walk({ ...WALK, after: u64Batch([1000n]) })
    await expect(walk.next()).rejects.toMatchObject({ code: 'SLUICE_NOT_FOUND' })
    expect(await hasSettled(state.reads.whenQuiet())).toBe(true)
  })

  it('holds from the first row of a walk to its end', async () => {
    const state = await withDeadSegment()
    const walk = new RowRead(state).walk(WALK)
    expect(await hasSettled(state.reads.whenQuiet())).toBe(true)
    await walk.next()
    const quiet = state.reads.whenQuiet()
    expect(await hasSettled(quiet)).toBe(false)
    // What was alive when the walk began is seen, although it is deleted meanwhile.
    deleteRows(state, u64Batch(range(64, 96)))
    let count = 1
    for await (const _ of walk) count++
    expect(count).toBe(68)
    expect(await hasSettled(quiet)).toBe(true)
  })

  it('lets go when a walk is left early', async () => {
    const state = await withDeadSegment()
    for await (const { id } of new RowRead(state).walk(WALK)) {
      if (id === 3n) break
    }
    expect(await hasSettled(state.reads.whenQuiet())).toBe(true)
  })
})
