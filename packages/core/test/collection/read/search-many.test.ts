/** Many queries at a time, as callers see it. */

import type { Worker } from 'node:worker_threads'
import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type Collection,
  type Database,
  type Hits,
  LIMITS,
  type OpenOptions,
  open,
  type SearchManyOptions,
  scalarKernels,
} from '../../../src/index.js'
import type { FoundRows, ThreadMessage } from '../../../src/search/many/thread-messages.js'
import { makeRows, Numbers, VECTOR_SETS } from '../../search/vector-sets.js'
import { overwriting } from '../../support/overwriting-allocator.js'
import { countFor } from '../../support/selected-kernels.js'

const DIMENSION = 64
const SCHEMA = { dimension: DIMENSION, segmentBytes: 256 * 1024 } as const
const ROWS = countFor({ native: 12_000, scalar: 8500 })
/** So many that threads are there before all are answered. */
const MANY = 20_000

function vectorsFor(rowCount: number, seed = 1): Float32Array {
  const request = { rowCount, width: DIMENSION, numbers: new Numbers(seed) }
  return Float32Array.from(makeRows(VECTOR_SETS.clustered(), request))
}

/** Threads that have answered something. */
const answering = new WeakSet<Worker>()
/** The last one that did. */
let latest: Worker | undefined
/** Queries that threads have answered, and calls that they have ended, ever. */
let answers = 0
let endings = 0

/** All worker threads that are started from now on. */
function startedWorkers(): Worker[] {
  const workers: Worker[] = []
  const add = (worker: Worker): void => {
    workers.push(worker)
    worker.on('message', ({ kind, found }: ThreadMessage & { readonly found?: FoundRows }) => {
      if (kind === 'ended') endings += 1
      if (found === undefined) return
      answering.add(worker)
      latest = worker
      answers += found.counts.length
    })
  }
  process.on('worker', add)
  onTestFinished(() => void process.off('worker', add))
  return workers
}

async function filled(options: OpenOptions = {}) {
  const database = await open(options)
  onTestFinished(() => database.close())
  const docs = await database.collection('docs', SCHEMA)
  const rows = vectorsFor(ROWS)
  await docs.add({ vectors: rows, metadata: Array.from({ length: ROWS }, (_, n) => ({ n })) })
  return { database, docs, rows }
}

/** Calls until threads take part. */
async function warm(docs: Collection, workers: readonly Worker[]): Promise<void> {
  const vectors = vectorsFor(countFor({ native: 2000, scalar: 200 }))
  while (workers.every((worker) => !answering.has(worker))) {
    await docs.searchMany({ vectors, exact: true })
  }
}

async function oneByOne(
  docs: Collection,
  { vectors, ...options }: SearchManyOptions & { readonly vectors: Float32Array },
): Promise<Hits[]> {
  const searches: Promise<Hits>[] = []
  for (let at = 0; at < vectors.length; at += DIMENSION) {
    searches.push(docs.search({ ...options, vector: vectors.subarray(at, at + DIMENSION) }))
  }
  return Promise.all(searches)
}

const plain = (hits: readonly Hits[]) => hits.map((some) => [...some])

describe('searchMany', () => {
  it('finds for each query what search finds', async () => {
    const { docs } = await filled()
    const workers = startedWorkers()
    await warm(docs, workers)
    const settings = fc.record(
      {
        k: fc.constantFrom(1, 10, 200),
        recall: fc.constantFrom(0.5, 0.99),
        minScore: fc.constantFrom(-1, 0.9, 1),
        include: fc.constantFrom(['vector'] as const, ['metadata', 'vector'] as const, []),
      },
      { requiredKeys: [] },
    )
    const check = (collection: Collection): Promise<void> =>
      fc.assert(
        fc.asyncProperty(
          settings,
          fc.integer({ min: 0, max: countFor({ native: 300, scalar: 60 }) }),
          fc.integer(),
          async (options, count, seed) => {
            const many = { ...options, vectors: vectorsFor(count, seed) }
            // Begun at once: searches may be calibrated with what was asked any time later.
            const [found, right] = await Promise.all([
              collection.searchMany(many),
              oneByOne(collection, many),
            ])
            expect(plain(found)).toEqual(plain(right))
          },
        ),
        { numRuns: countFor({ native: 15, scalar: 5 }) },
      )
    await check(docs)
    // Lists that were made before anything strange was asked pay.
    const { docs: listed } = await filled()
    await listed.optimize()
    expect(listed.stats().index.lists).toBeGreaterThan(0)
    await check(listed)
    expect(workers.length).toBeGreaterThan(0)
  })

  it('takes arrays of numbers, string ids and every kind of rows', async () => {
    const database = await open()
    onTestFinished(() => database.close())
    const kinds = [
      ['bit', 'hamming'],
      ['int8', 'dot'],
      ['float64', 'l2'],
    ] as const
    for (const [dtype, metric] of kinds) {
      const docs = await database.collection(`docs-${dtype}`, { dimension: 8, dtype, metric })
      const vectors = [
        [1, 0, 1, 0, 1, 0, 1, 0],
        [0, 0, 0, 0, 1, 1, 1, 1],
      ]
      await docs.add({ ids: ['a', 'b'], vectors })
      const found = await docs.searchMany({ vectors, k: 2 })
      expect(found.map(({ ids }) => ids)).toEqual([
        ['a', 'b'],
        ['b', 'a'],
      ])
      expect(await docs.searchMany({ vectors: [] })).toEqual([])
    }
  })

  it('sees the rows as they were at the call, whatever is written meanwhile', async () => {
    const { docs, rows } = await filled()
    await warm(docs, startedWorkers())
    const many = {
      vectors: vectorsFor(countFor({ native: 3000, scalar: 500 }), 5),
      k: 5,
      include: ['metadata', 'vector'] as const,
    }
    const before = oneByOne(docs, many)
    const found = docs.searchMany(many)
    await docs.delete({ ids: Array.from({ length: ROWS / 2 }, (_, i) => 2 * i + 1) })
    await docs.add({ vectors: many.vectors.slice(0, 1000 * DIMENSION) })
    const lists = docs.optimize()
    expect(plain(await found)).toEqual(plain(await before))
    await lists
    expect(
      (await docs.searchMany({ vectors: rows.slice(0, DIMENSION), k: 1 }))[0]?.ids[0],
    ).not.toBe(1n)
  })

  it('names the query that is bad, and what is too much', async () => {
    const { docs } = await filled()
    const bad = vectorsFor(9000)
    bad[8000 * DIMENSION + 3] = Number.NaN
    const cases = [
      [{ vectors: bad }, 'SLUICE_NON_FINITE_VECTOR', /^vectors: row 8000: element 3: /],
      [{ vectors: [[1]] }, 'SLUICE_DIMENSION_MISMATCH', /^vectors: row 0: expected 64 numbers/],
      [{ vectors: bad.slice(1) }, 'SLUICE_DIMENSION_MISMATCH', /not whole rows/],
      [{ vectors: vectorsFor(2000), k: 10_000 }, 'SLUICE_LIMIT_EXCEEDED', /20000000, at most/],
      [{ vectors: bad, recall: 2 }, 'SLUICE_INVALID_ARGUMENT', /^recall/],
      [{ vector: bad }, 'SLUICE_INVALID_ARGUMENT', /vector/],
    ] as const
    for (const [options, code, message] of cases) {
      const refused = docs.searchMany(options as SearchManyOptions)
      await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    }
    const tooMany = new Array(LIMITS.rowsPerBatchMax + 1)
    await expect(docs.searchMany({ vectors: tooMany, k: 1 })).rejects.toMatchObject({
      code: 'SLUICE_LIMIT_EXCEEDED',
    })
  })

  it('stays on the event loop with kernels of the caller, and gives way to it', async () => {
    const { docs } = await filled({ kernels: scalarKernels })
    const workers = startedWorkers()
    const many = { vectors: vectorsFor(40), exact: true }
    let turns = 0
    let isDone = false
    const found = docs.searchMany(many).finally(() => {
      isDone = true
    })
    for (; !isDone; turns++) await new Promise(setImmediate)
    expect(plain(await found)).toEqual(plain(await oneByOne(docs, many)))
    expect(turns).toBeGreaterThan(20)
    expect(workers).toEqual([])
  })

  const ends: Readonly<
    Record<string, [code: string, (database: Database, stop: () => void) => unknown]>
  > = {
    aborted: ['SLUICE_ABORTED', (_, stop) => stop()],
    'ended by close': ['SLUICE_CLOSED', (database) => database.close()],
    'ended by a drop': ['SLUICE_NOT_FOUND', (database) => database.dropCollection('docs')],
  }

  it.each(Object.entries(ends))('is %s, and gives all memory back', async (_, [code, end]) => {
    let endingsAtRelease: number | undefined
    const slabs = new SlabAllocator({ bytesMax: 2 ** 28, backing: 'shared' })
    const allocator = overwriting(slabs, () => {
      endingsAtRelease ??= endings
    })
    const { database, docs } = await filled({ allocator })
    await docs.optimize()
    await warm(docs, startedWorkers())
    const stop = new AbortController()
    answers = 0
    const { signal } = stop
    const vectors = vectorsFor(MANY)
    const calls = [0, 1].map(() => docs.searchMany({ vectors, exact: true, signal }))
    const refused = calls.map((call) => expect(call).rejects.toMatchObject({ code }))
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    endingsAtRelease = undefined
    await end(database, () => stop.abort())
    await Promise.all(refused)
    expect(answers).toBeLessThan(MANY)
    expect(endingsAtRelease ?? endings).toBe(endings)
    if (code === 'SLUICE_ABORTED') {
      const message = 'the search was aborted'
      await expect(docs.searchMany({ vectors, signal })).rejects.toMatchObject({ code, message })
      expect((await docs.searchMany({ vectors: vectors.slice(0, DIMENSION) })).length).toBe(1)
      await database.dropCollection('docs')
    }
    expect(slabs.stats().leasedBytes).toBe(0)
  })

  it('fails when a thread crashes, and works the next time', async () => {
    const { docs } = await filled()
    const workers = startedWorkers()
    await warm(docs, workers)
    const before = answers
    const call = docs.searchMany({ vectors: vectorsFor(MANY), exact: true })
    const failed = expect(call).rejects.toMatchObject({ code: 'SLUICE_INTERNAL', retryable: true })
    while (answers === before) await new Promise(setImmediate)
    // It has taken the next ones by now.
    await latest?.terminate()
    await failed
    const many = { vectors: vectorsFor(countFor({ native: 500, scalar: 100 })) }
    const [found, right] = await Promise.all([docs.searchMany(many), oneByOne(docs, many)])
    expect(plain(found)).toEqual(plain(right))
  })

  it('does not keep memory from writes that need it', async () => {
    const { docs } = await filled({ memoryBytesMax: 8 * 1024 * 1024 })
    await warm(docs, startedWorkers())
    const { rowCount } = docs.stats().vectors
    const queryCount = countFor({ native: 5000, scalar: 1500 })
    const call = docs.searchMany({ vectors: vectorsFor(queryCount) })
    const add = async (): Promise<string> => {
      for (;;) await docs.add({ vectors: vectorsFor(500) })
    }
    await expect(add()).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect((await call).length).toBe(queryCount)
    expect(docs.stats().vectors.rowCount).toBeGreaterThan(rowCount + 10_000)
    expect(docs.stats().index.memoryBytes).toBeLessThan(512 * 1024)
  })
})
