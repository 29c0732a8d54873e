/** Threads that search: what they answer, whatever the rows, and what becomes of them. */

import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DTYPES, scalarKernels } from '../../../src/index.js'
import type { NearestRows } from '../../../src/kernels/nearest-heap.js'
import { searchMany } from '../../../src/search/many/search-many.js'
import type { ThreadMessage } from '../../../src/search/many/thread-messages.js'
import { countFor, isNative, kernels, someCases } from '../../support/selected-kernels.js'
import type { IndexedRows } from '../indexed-rows.js'
import {
  expectSame,
  filled,
  foundBy,
  foundHere,
  KINDS,
  pool,
  queriesOf,
  SCHEMA,
  taskOf,
  watched,
} from './many-fixture.js'

/** All that have lists, beside float32. */
const DTYPES_BESIDE = DTYPES.filter((dtype) => dtype !== 'float32' && dtype !== 'bit')

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

  it.each(['usual', 'exact'])('find it where the newest segments are dead: %s', async (kind) => {
    const { indexed } = await filled()
    const { rowsPerSegment } = indexed.store
    for (const dead of [200, rowsPerSegment, 2 * rowsPerSegment + 200]) {
      indexed.alive.clearRange(indexed.rowCount - dead, dead)
      const queries = queriesOf(indexed, SCHEMA, KINDS[kind]!)
      expectSame(await foundBy(pool(), indexed, queries), await foundHere(indexed, queries))
    }
  })

  it.each(someCases(4, DTYPES_BESIDE))('find it in %s', async (dtype) => {
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
      fc.record({ last: fc.integer({ min: 1, max: 4000 }) }),
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
      } else if ('last' in each) alive.clearRange(rowCount - each.last, each.last)
      else for (let row = 0; row < rowCount; row += each.every) alive.clear(row)
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
      { numRuns: countFor({ native: 8, scalar: 3 }) },
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

  it('join others that began before them', async () => {
    const { indexed } = await filled()
    const { workers, searches } = watched()
    const count = countFor({ native: 10_000, scalar: 2000 })
    const queries = queriesOf(indexed, SCHEMA, KINDS['exact']!, count)
    // Both threads are there.
    await foundBy(searches, indexed, queriesOf(indexed, SCHEMA, KINDS['exact']!))
    const [first, last] = workers as [Worker, Worker]
    // The last one hears of the call when the first has answered something.
    const post = last.postMessage.bind(last)
    last.postMessage = (message: unknown) => void once(first, 'message').then(() => post(message))
    let runs = 0
    last.on('message', ({ kind }: ThreadMessage) => {
      if (kind === 'found') runs += 1
    })
    const { task, turns, view, end } = taskOf(indexed, queries)
    const found: NearestRows[] = []
    await searchMany(queries, {
      kernels,
      view,
      turns,
      pool: searches,
      memory: () => task.memory,
      checkpoint: () => undefined,
      onFound: (from, some) => {
        some.forEach((nearest, i) => {
          found[from + i] = nearest
        })
      },
    })
    end()
    expect(Object.keys(found).length).toBe(count)
    expect(runs).toBeGreaterThan(0)
  })

  it('fail a call when one crashes, and are there for the next', async () => {
    const { indexed } = await filled()
    const { workers, searches } = watched()
    const queries = queriesOf(indexed, SCHEMA, KINDS['exact']!, 3000)
    const { task, end } = taskOf(indexed, queries)
    let terminated: Promise<unknown> | undefined
    const run = searches.run(task, () => undefined)
    for (const worker of workers) {
      worker.on('message', ({ kind }: ThreadMessage) => {
        if (kind === 'found') terminated ??= worker.terminate()
      })
    }
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

  it.runIf(isNative)('are not used with kernels they have not', async () => {
    const { indexed } = await filled()
    const other = pool({ kernels: scalarKernels })
    expect(await foundBy(other, indexed, queriesOf(indexed, SCHEMA, KINDS['usual']!))).toEqual([])
    expect(other.unfitReason).toMatch(/^a thread has native kernels for \w+, not scalar for /)
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
