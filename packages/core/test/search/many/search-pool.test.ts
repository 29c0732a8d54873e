/** Threads that search: what they answer, whatever the rows, and what becomes of them. */

import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Dtype, elementsPerRow, scalarKernels } from '../../../src/index.js'
import type { NearestRows } from '../../../src/kernels/nearest-heap.js'
import { selectKernels } from '../../../src/kernels/select.js'
import type { Queries } from '../../../src/search/many/answer-queries.js'
import { QueryTurns } from '../../../src/search/many/query-turns.js'
import { memoryOf } from '../../../src/search/many/search-memory.js'
import { SearchPool, type SearchPoolOptions } from '../../../src/search/many/search-pool.js'
import { startSearchWorker } from '../../../src/search/many/search-thread.js'
import type { SearchTask } from '../../../src/search/many/thread-messages.js'
import { nearestRows } from '../../../src/search/nearest-rows.js'
import { IndexedRows, type RowSchema } from '../indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet, vectorsOf } from '../vector-sets.js'

const ROWS = 8500
const COUNT = 60
const kernels = await selectKernels('auto')
const SCHEMA = { dtype: 'float32', dimension: 64, metric: 'cosine' } as const

/** What is asked for, beside the queries. */
type Kind = Pick<Queries, 'k' | 'recall' | 'distanceMax'>

const KINDS: Readonly<Record<string, Kind>> = {
  usual: { k: 10, recall: 0.95, distanceMax: Number.POSITIVE_INFINITY },
  surer: { k: 100, recall: 0.99, distanceMax: Number.POSITIVE_INFINITY },
  exact: { k: 10, recall: undefined, distanceMax: Number.POSITIVE_INFINITY },
  near: { k: 50, recall: 0.9, distanceMax: 0.25 },
  everything: { k: 10_000, recall: 0.9, distanceMax: Number.POSITIVE_INFINITY },
}

function pool(options: Partial<SearchPoolOptions> = {}): SearchPool {
  const made = new SearchPool({ kernels, areKernelsSelected: true, threadsMax: 2, ...options })
  onTestFinished(() => made.close())
  return made
}

/** A pool whose threads are known. */
function watched(options: Partial<SearchPoolOptions> = {}) {
  const workers: Worker[] = []
  const startWorker: SearchPoolOptions['startWorker'] = (wanted) => {
    const worker = startSearchWorker(wanted)
    workers.push(worker)
    return worker
  }
  return { workers, searches: pool({ startWorker, ...options }) }
}

function vectors(set: VectorSet, { dtype, dimension }: RowSchema, rowCount: number) {
  const numbers = new Numbers(fc.sample(fc.integer(), 1)[0] ?? 0)
  const width = elementsPerRow(dtype, dimension)
  const made = makeRows(VECTOR_SETS[set](), { rowCount, width, numbers })
  // As bits, half floats are no less good than other numbers, as long as they are finite.
  return dtype === 'float16' || dtype === 'bfloat16'
    ? Uint16Array.from(made, (value) => 0x3000 + (Math.floor(1000 * Math.abs(value)) & 0x7ff))
    : vectorsOf(dtype, made)
}

async function filled(schema: RowSchema = SCHEMA, set: VectorSet = 'clustered') {
  const indexed = await IndexedRows.create(schema)
  const rows = vectors(set, schema, ROWS)
  await indexed.add(rows)
  return { indexed, rows }
}

/** Queries: rows and what is like them. */
function queriesOf(indexed: IndexedRows, schema: RowSchema, kind: Kind, count = COUNT): Queries {
  const { stride } = indexed.store
  const packed = new Uint8Array(new SharedArrayBuffer(count * stride))
  const made = vectors('clustered', schema, count)
  packed.set(new Uint8Array(made.buffer, made.byteOffset, made.byteLength))
  packed.set(indexed.store.segment(0).bytes.subarray(0, Math.floor(count / 2) * stride))
  return { ...kind, vectors: packed, count }
}

/** What threads are given, and the view it is of. */
function taskOf(indexed: IndexedRows, queries: Queries) {
  const { view, codes } = indexed.view()
  const turns = new QueryTurns(queries.count, 3)
  const memory = memoryOf(view, codes, queries)
  const task: SearchTask = { memory, queries, turns: turns.state, runLength: 3 }
  return { task, turns, view, end: () => codes?.end() }
}

/** What searches on this thread find. */
async function foundHere(indexed: IndexedRows, queries: Queries): Promise<NearestRows[]> {
  const { view, codes } = indexed.view()
  const { stride } = indexed.store
  const found: NearestRows[] = []
  for (let i = 0; i < queries.count; i++) {
    const vector = queries.vectors.subarray(i * stride, (i + 1) * stride)
    const { k, recall, distanceMax } = queries
    const query = { vector, k, recall, distanceMax, checkpoint: () => undefined }
    found.push(await nearestRows(kernels, view, query))
  }
  codes?.end()
  return found
}

/** What threads find, and nobody else. */
async function foundBy(
  searches: SearchPool,
  indexed: IndexedRows,
  queries: Queries,
): Promise<NearestRows[]> {
  const { task, end } = taskOf(indexed, queries)
  const found: NearestRows[] = []
  await searches.run(task, (from, some) => {
    some.forEach((nearest, i) => {
      found[from + i] = nearest
    })
  })
  end()
  return found
}

function expectSame(found: readonly NearestRows[], right: readonly NearestRows[]): void {
  expect(found.length).toBe(right.length)
  right.forEach(({ rows, distances }, i) => {
    expect(found[i]?.rows).toEqual(rows)
    expect(found[i]?.distances).toEqual(distances)
  })
}

describe('threads that search', () => {
  it.each(Object.keys(KINDS))('find what a search finds, without lists: %s', async (kind) => {
    const { indexed } = await filled()
    const queries = queriesOf(indexed, SCHEMA, KINDS[kind]!)
    const right = await foundHere(indexed, queries)
    expectSame(await foundBy(pool(), indexed, queries), right)
  })

  it.each(Object.keys(KINDS))(
    'find it in lists, in the tail and in rows without codes: %s',
    async (kind) => {
      const { indexed, rows } = await filled()
      await indexed.optimize()
      await indexed.add(rows.slice(0, 64 * 1001))
      for (let row = 0; row < indexed.rowCount; row += 3) indexed.alive.clear(row)
      const { listedRows, encodedRows } = indexed.index.stats()
      expect([listedRows, encodedRows, indexed.rowCount]).toEqual([8480, 9472, 9501])
      const queries = queriesOf(indexed, SCHEMA, KINDS[kind]!)
      const right = await foundHere(indexed, queries)
      expectSame(await foundBy(pool(), indexed, queries), right)
    },
  )

  it.each([
    'float64',
    'float16',
    'bfloat16',
    'complex64',
    'complex128',
    'int8',
    'uint8',
    'int16',
    'uint16',
    'int32',
    'uint32',
    'int64',
    'uint64',
  ] satisfies Dtype[])('find it in %s', async (dtype) => {
    const schema = { dtype, dimension: 65, metric: 'l2' } as const
    const { indexed } = await filled(schema)
    await indexed.optimize()
    const searches = pool()
    for (const kind of [KINDS['usual']!, KINDS['exact']!]) {
      const queries = queriesOf(indexed, schema, kind)
      expectSame(await foundBy(searches, indexed, queries), await foundHere(indexed, queries))
    }
  })

  it('find it where codes rule nothing out, however long it takes', async () => {
    const { indexed } = await filled(SCHEMA, 'gaussian')
    const queries = queriesOf(indexed, SCHEMA, { ...KINDS['surer']!, k: 1000 })
    expectSame(await foundBy(pool(), indexed, queries), await foundHere(indexed, queries))
  })

  it('find what there was at the call, whatever happens to rows', async () => {
    const searches = pool()
    const change = fc.oneof(
      fc.constantFrom('optimize' as const, 'trim' as const, 'revive' as const),
      fc.record({ add: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ every: fc.integer({ min: 2, max: 40 }) }),
      fc.record({ refused: fc.integer({ min: 1, max: 100 }) }),
    )
    type Change = typeof change extends fc.Arbitrary<infer T> ? T : never
    const { rows } = await filled()
    const apply = async (indexed: IndexedRows, each: Change): Promise<void> => {
      const { index, alive, rowCount } = indexed
      if (each === 'optimize') await indexed.optimize()
      else if (each === 'trim') index.trim()
      else if (each === 'revive') {
        for (let row = 0; row < rowCount; row++) if (!alive.isAlive(row)) alive.setRange(row, 1)
        index.restart()
      } else if ('add' in each) await indexed.add(rows.slice(0, 64 * each.add))
      else if ('refused' in each) {
        await indexed.add(rows.slice(0, 64 * each.refused))
        indexed.rewind(rowCount)
      } else for (let row = 0; row < rowCount; row += each.every) alive.clear(row)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 3 }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...Object.values(KINDS)),
        async (before, during, kind) => {
          const { indexed } = await filled()
          for (const each of before) await apply(indexed, each)
          const queries = queriesOf(indexed, SCHEMA, kind)
          const right = await foundHere(indexed, queries)
          const found = foundBy(searches, indexed, queries)
          for (const each of during) await apply(indexed, each)
          expectSame(await found, right)
        },
      ),
      { numRuns: 8 },
    )
  })

  it('are as many as are allowed, and end when they have nothing to do', async () => {
    const { indexed } = await filled()
    const { workers, searches } = watched({ idleMs: 0 })
    const queries = queriesOf(indexed, SCHEMA, KINDS['exact']!)
    const [first, second] = [0, 1].map(() => foundBy(searches, indexed, queries))
    expect(workers.length).toBe(2)
    const ended = workers.map((worker) => once(worker, 'exit'))
    expectSame(await first!, await second!)
    await Promise.all(ended)
    expect(searches.threadCount).toBe(0)
    expectSame(await foundBy(searches, indexed, queries), await first!)
    expect(workers.length).toBe(4)
  })

  it('fail a call when one crashes, and are there for the next', async () => {
    const { indexed } = await filled()
    const { workers, searches } = watched()
    const queries = queriesOf(indexed, SCHEMA, KINDS['exact']!, 3000)
    const { task, end } = taskOf(indexed, queries)
    let terminated: Promise<unknown> | undefined
    const run = searches.run(task, () => {
      terminated ??= workers[0]!.terminate()
    })
    await expect(run).rejects.toMatchObject({ code: 'SLUICE_INTERNAL', retryable: true })
    end()
    await terminated
    const few = queriesOf(indexed, SCHEMA, KINDS['exact']!)
    expectSame(await foundBy(searches, indexed, few), await foundHere(indexed, few))
    expect(searches.unfitReason).toBe(undefined)
    expect(workers.length).toBe(3)
  })

  it('fail a call that cannot be answered, and live on', async () => {
    const { indexed } = await filled()
    const { workers, searches } = watched()
    const queries = queriesOf(indexed, SCHEMA, KINDS['exact']!)
    const { task, end } = taskOf(indexed, { ...queries, k: 0 })
    await expect(searches.run(task, () => undefined)).rejects.toThrow('a thread that searches')
    end()
    expectSame(await foundBy(searches, indexed, queries), await foundHere(indexed, queries))
    expect(workers.length).toBe(2)
  })

  it('end within a query when the call is stopped', async () => {
    const { indexed } = await filled()
    const queries = queriesOf(indexed, SCHEMA, KINDS['exact']!, 10_000)
    const { task, turns, end } = taskOf(indexed, queries)
    let answered = 0
    await pool().run(task, (_, found) => {
      answered += found.length
      turns.stop()
    })
    end()
    expect(answered).toBeGreaterThan(0)
    expect(answered).toBeLessThan(10_000)
  })

  it('are not used with kernels or memory that they cannot have', async () => {
    const { indexed } = await filled()
    const queries = queriesOf(indexed, SCHEMA, KINDS['usual']!)
    const own = pool({ kernels: scalarKernels, areKernelsSelected: false })
    expect(await foundBy(own, indexed, queries)).toEqual([])
    expect(own.unfitReason).toBe('the kernels are not selected by Sluice')
    expect(kernels.info.name).toBe('native')
    const other = pool({ kernels: scalarKernels })
    expect(await foundBy(other, indexed, queries)).toEqual([])
    expect(other.unfitReason).toMatch(/^a thread has native kernels for \w+, not scalar for /)
    const { task, end } = taskOf(indexed, queries)
    const segments = task.memory.segments.map((bytes) => bytes?.slice())
    const { workers, searches } = watched()
    await searches.run({ ...task, memory: { ...task.memory, segments } }, () =>
      expect.unreachable(),
    )
    end()
    expect(workers).toEqual([])
    expect(searches.unfitReason).toBe(undefined)
  })

  it('are done without where none can be started', async () => {
    const { indexed } = await filled()
    const startWorker = (): Worker => {
      throw new Error('no more threads')
    }
    const searches = pool({ startWorker })
    expect(await foundBy(searches, indexed, queriesOf(indexed, SCHEMA, KINDS['usual']!))).toEqual(
      [],
    )
    expect(searches.unfitReason).toBe('a thread could not be started: no more threads')
  })
})
