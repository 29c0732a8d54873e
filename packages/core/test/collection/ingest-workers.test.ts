/** Databases whose rows are encoded on threads, beside those that encode on the event loop. */

import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type Collection,
  type Database,
  type OpenOptions,
  open,
  scalarKernels,
} from '../../src/index.js'
import { encodedRowsOf } from '../search/search-quality.js'
import { makeRows, Numbers, VECTOR_SETS } from '../search/vector-sets.js'
import { countFor } from '../support/selected-kernels.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** Rows of 1.5 KB: a task of a thread is 672 of them. */
const DIMENSION = 384
const SCHEMA = { dimension: DIMENSION, segmentBytes: 2 * 1024 * 1024 } as const

function rowsOf(rowCount: number, seed = 1): Float32Array {
  const request = { rowCount, width: DIMENSION, numbers: new Numbers(seed) }
  return Float32Array.from(makeRows(VECTOR_SETS.clustered(), request))
}

/** Writes rows that are filled in place. */
async function fill(docs: Collection, vectors: Float32Array, ids: number[]): Promise<void> {
  await using writer = await docs.writer(ids.length)
  for (const { row, rowCount, vectors: room } of writer.spans) {
    room.set(vectors.subarray(row * DIMENSION, (row + rowCount) * DIMENSION) as never)
  }
  await writer.commit({ ids })
}

const STEP = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 1100, max: 3000 }) }) },
  { weight: 2, arbitrary: fc.record({ fill: fc.integer({ min: 1100, max: 3000 }) }) },
  fc.record({ refuse: fc.integer({ min: 1000, max: 3000 }), isFilled: fc.boolean() }),
  fc.record({ remove: fc.integer({ min: 1, max: 500 }) }),
  fc.constantFrom('drop' as const, 'reopen' as const, 'search' as const),
)
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never

/** A database with so many threads, and what is done to it. */
class Subject {
  readonly #options: OpenOptions
  #database: Database | undefined
  #docs: Collection | undefined
  #nextId = 0

  constructor(path: string, ingestWorkers: number) {
    this.#options = { path, ingestWorkers, durability: 'memory' }
  }

  async open(): Promise<void> {
    this.#database = await open(this.#options)
    this.#docs = await this.#database.collection('docs', SCHEMA)
  }

  async close(): Promise<void> {
    await this.#database?.close()
  }

  async do(step: Step): Promise<void> {
    const docs = this.#docs
    if (docs === undefined) throw new Error('not open')
    if (step === 'reopen') {
      await this.close()
      await this.open()
    } else if (step === 'drop') {
      await this.#database?.dropCollection('docs')
      this.#docs = await this.#database?.collection('docs', SCHEMA)
    } else if (step === 'search') await docs.search({ vector: rowsOf(1, 77), k: 10 })
    else if ('add' in step) {
      await docs.add({ ids: this.#ids(step.add), vectors: rowsOf(step.add, this.#nextId) })
    } else if ('remove' in step) {
      await docs.delete({ ids: Array.from({ length: step.remove }, (_, i) => i * 3) })
    } else if ('fill' in step) {
      await fill(docs, rowsOf(step.fill, this.#nextId), this.#ids(step.fill))
    } else {
      const vectors = rowsOf(step.refuse, 5)
      vectors[vectors.length - 1] = Number.NaN
      const ids = this.#ids(step.refuse)
      const write = step.isFilled ? fill(docs, vectors, ids) : docs.add({ ids, vectors })
      await expect(write).rejects.toMatchObject({ code: 'SLUICE_NON_FINITE_VECTOR' })
    }
  }

  /** What searches find once all rows have codes. */
  async answers(): Promise<unknown> {
    const docs = this.#docs as Collection
    const encodedRows = await encodedRowsOf(docs)
    const found = []
    for (let seed = 1; seed <= 5; seed++) {
      const { ids, distances } = await docs.search({ vector: rowsOf(1, seed), k: 20, recall: 0.9 })
      found.push({ ids: [...ids], distances: [...distances] })
    }
    return { encodedRows, found }
  }

  #ids(count: number): number[] {
    return Array.from({ length: count }, () => this.#nextId++)
  }
}

describe('a database with ingest workers', () => {
  it('has the same codes, and finds the same, as one without, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 2, maxLength: 6 }), async (steps) => {
        const subjects: Subject[] = []
        for (const workers of [0, 1, 2]) {
          const subject = new Subject(await temporaryDirectory(), workers)
          await subject.open()
          subjects.push(subject)
        }
        for (const subject of subjects) for (const step of steps) await subject.do(step)
        const [without, ...others] = await Promise.all(subjects.map((each) => each.answers()))
        for (const other of others) expect(other).toEqual(without)
        await Promise.all(subjects.map((subject) => subject.close()))
      }),
      { numRuns: countFor({ native: 8, scalar: 3 }) },
    )
  })

  it.each([0, 1, 2])('finds rows as soon as they are acknowledged, with %s of them', async (n) => {
    const database = await open({ ingestWorkers: n })
    onTestFinished(() => database.close())
    const docs = await database.collection('docs', SCHEMA)
    let nextId = 0
    for (const rowCount of [1, 1100, 2500, 40, 700, 3000]) {
      for (const write of ['add', 'fill'] as const) {
        const ids = Array.from({ length: rowCount }, () => nextId++)
        const vectors = rowsOf(rowCount, nextId)
        if (write === 'add') await docs.add({ ids, vectors })
        else await fill(docs, vectors, ids)
        for (const i of [0, rowCount >> 1, rowCount - 1]) {
          const vector = vectors.slice(i * DIMENSION, (i + 1) * DIMENSION)
          const { ids: found } = await docs.search({ vector, k: 1, recall: 0.9 })
          expect(found[0]).toBe(BigInt(ids[i] as number))
        }
      }
    }
    expect(database.stats().ingestWorkers).toMatchObject({ threadsMax: n, threads: n })
  })

  it('finds what was written at once, and says who encodes', async () => {
    const database = await open({ ingestWorkers: 1 })
    onTestFinished(() => database.close())
    const docs = await database.collection('docs', SCHEMA)
    expect(database.stats().ingestWorkers).toEqual({
      threadsMax: 1,
      threads: 0,
      inlineReason: undefined,
    })
    const vectors = rowsOf(8000)
    await docs.add({ vectors })
    const vector = vectors.slice(-DIMENSION)
    expect((await docs.search({ vector, k: 1 })).ids[0]).toBe(8000n)
    expect(await encodedRowsOf(docs)).toBe(8000)
    expect(database.stats().ingestWorkers.threads).toBe(1)
    expect((await docs.search({ vector, k: 1 })).ids[0]).toBe(8000n)
  })

  it('gives all memory back when it is closed, or rows go, while they are encoded', async () => {
    const allocator = new SlabAllocator({ bytesMax: 2 ** 30, backing: 'shared' })
    const database = await open({ allocator, ingestWorkers: 2 })
    const [docs, others] = [
      await database.collection('docs', SCHEMA),
      await database.collection('others', SCHEMA),
    ]
    await Promise.all([docs, others].map((each) => each.add({ vectors: rowsOf(6000) })))
    await database.dropCollection('docs')
    await others.add({ vectors: rowsOf(6000, 2) })
    await database.close()
    expect(allocator.stats().leaseCount).toBe(0)
    await allocator.close()
  })

  it.each([
    ['kernels are the caller’s own', { kernels: scalarKernels }, 'not selected by Sluice'],
    ['memory is not shared', {}, 'not shared'],
    ['nobody wants them', { ingestWorkers: 0 }, 'is 0'],
  ])('encodes on the event loop where %s', async (_, options, reason) => {
    const backing = reason === 'not shared' ? 'heap' : 'shared'
    const allocator = new SlabAllocator({ bytesMax: 2 ** 30, backing })
    const database = await open({ allocator, ingestWorkers: 2, ...options })
    const docs = await database.collection('docs', SCHEMA)
    await docs.add({ vectors: rowsOf(3000) })
    expect(await encodedRowsOf(docs)).toBe(2976)
    const stats = database.stats().ingestWorkers
    expect(stats).toMatchObject({ threadsMax: 0, threads: 0 })
    expect(stats.inlineReason).toContain(reason)
    await database.close()
    expect(allocator.stats().leaseCount).toBe(0)
    await allocator.close()
  })

  it.each([-1, 1.5, 65, Number.NaN, '2', null])(
    'is not opened with %s of them',
    async (workers) => {
      await expect(open({ ingestWorkers: workers } as object)).rejects.toMatchObject({
        code: 'SLUICE_INVALID_ARGUMENT',
        message: expect.stringContaining('ingestWorkers'),
      })
    },
  )
})
