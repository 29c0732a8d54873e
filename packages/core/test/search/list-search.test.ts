/** What searches through lists promise, whatever the vectors and whatever happens to rows. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DTYPES,
  type Dtype,
  elementsPerRow,
  encodeBfloat16,
  encodeFloat16,
  type VectorData,
} from '../../src/index.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { countFor, isNative, someCases } from '../support/selected-kernels.js'
import { IndexedRows, type RowSchema } from './indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet, vectorsOf } from './vector-sets.js'

/** A few more than the least that lists are made of; all of them fit in one answer. */
const ROWS = 8500
const K_MAX = 10_000
const QUERIES = 400
const DIMENSION = countFor({ native: 64, scalar: 40 })
const WIDE = countFor({ native: 100, scalar: 50 })
/** What 400 queries find at least when 0.99 is asked for, and 0.95: chance takes up to 0.01. */
const ALMOST_ALL = 0.98
const MOST = 0.93
const CASES = (Object.keys(VECTOR_SETS) as VectorSet[]).map((set, i) => {
  return [set, (['cosine', 'l2', 'dot'] as const)[i % 3]!] as const
})
/** All that have lists, beside float32. */
const DTYPES_BESIDE = DTYPES.filter((dtype) => dtype !== 'float32' && dtype !== 'bit')

/** Rows of a set, and vectors of the same set that are not among them. */
function vectorsFrom(set: VectorSet, dtype: Dtype, dimension: number) {
  const width = elementsPerRow(dtype, dimension)
  const numbers = new Numbers(fc.sample(fc.integer(), 1)[0] ?? 0)
  const make = VECTOR_SETS[set]()
  const rows = packed(dtype, makeRows(make, { rowCount: ROWS, width, numbers }))
  const asked = makeRows(make, { rowCount: QUERIES, width, numbers })
  const queries = Array.from({ length: QUERIES }, (_, i) =>
    packed(dtype, asked.slice(i * width, (i + 1) * width)),
  )
  return { rows, queries }
}

/** Numbers in the very type of the rows. */
function packed(dtype: Dtype, values: Float64Array): VectorData {
  if (dtype !== 'float16' && dtype !== 'bfloat16') return vectorsOf(dtype, values)
  const rounded = new Uint16Array(values.length)
  if (dtype === 'float16') encodeFloat16(values, rounded)
  else encodeBfloat16(values, rounded)
  return rounded
}

async function listed(set: VectorSet, change: Partial<RowSchema> = {}) {
  const schema = { dtype: 'float32', dimension: DIMENSION, metric: 'cosine', ...change } as const
  const { rows, queries } = vectorsFrom(set, schema.dtype, schema.dimension)
  const indexed = await IndexedRows.create(schema)
  await indexed.add(rows)
  await indexed.optimize()
  return { indexed, rows, queries, vector: queries[0]! }
}

/** Vectors at another place. */
function moved<Vectors extends VectorData>(vectors: Vectors): Vectors {
  return (vectors as Float32Array).map((value) => value + 2) as Vectors
}

describe('a search through lists', () => {
  it.each(someCases(3, CASES))('finds what it promises: %s, %s', async (set, metric) => {
    const { indexed, queries } = await listed(set, { dimension: WIDE, metric })
    expect(indexed.index.stats().lists).toBeGreaterThan(0)
    const [almostAll, most, ofMany] = await indexed.recallsOf(queries, [
      { k: 10, recall: 0.99 },
      { k: 10, recall: 0.95 },
      { k: 100, recall: 0.95 },
    ])
    expect(almostAll).toBeGreaterThanOrEqual(ALMOST_ALL)
    expect(most).toBeGreaterThanOrEqual(MOST)
    expect(ofMany).toBeGreaterThanOrEqual(MOST)
  })

  it.each(someCases(2, DTYPES_BESIDE))('finds what it promises in %s', async (dtype) => {
    const { indexed, queries } = await listed('clustered', {
      dtype,
      dimension: DIMENSION + 1,
      metric: 'l2',
    })
    const recall = await indexed.recallOf(queries, { k: 10, recall: 0.99 })
    expect(recall).toBeGreaterThanOrEqual(ALMOST_ALL)
  })

  it('has all rows in lists but those of the last block', async () => {
    const { indexed } = await listed('clustered')
    const { lists, listedRows, encodedRows } = indexed.index.stats()
    expect([listedRows, encodedRows]).toEqual([8480, 8480])
    expect(lists).toBeGreaterThan(50)
  })

  it('finds every row that is alive, whatever happened to rows before and after', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 200 }) }) },
      { weight: 3, arbitrary: fc.record({ every: fc.integer({ min: 2, max: 40 }) }) },
      fc.record({ refused: fc.integer({ min: 1, max: 100 }) }),
      fc.constantFrom('optimize' as const, 'half a build' as const, 'trim' as const),
      fc.constantFrom('revive' as const, 'free' as const),
    )
    type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
    const { rows, queries } = vectorsFrom('clustered', 'float32', DIMENSION)
    const vector = queries[0]!
    const some = (count: number): VectorData => rows.slice(0, DIMENSION * count)

    const run = async (indexed: IndexedRows, each: Step): Promise<void> => {
      const { index, store, alive, rowCount } = indexed
      if (each === 'optimize') await indexed.optimize()
      else if (each === 'trim') index.trim()
      else if (each === 'half a build') {
        const stop = new AbortController()
        const onProgress = (): void => stop.abort()
        const build = indexed.optimize({ signal: stop.signal, onProgress })
        await build.catch((error: unknown) => expect(error).toMatchObject({ name: 'AbortError' }))
      } else if (each === 'revive') {
        // As when a delete is undone after an error of the log.
        const dead = Array.from({ length: rowCount }, (_, row) => row).filter(
          (row) => !index.isFreed(Math.floor(row / store.rowsPerSegment)) && !alive.isAlive(row),
        )
        for (const row of dead) alive.setRange(row, 1)
        if (dead.length > 0) index.restart()
      } else if (each === 'free') {
        if (index.isFreed(0)) return
        alive.clearRange(0, store.rowsPerSegment)
        await store.flush(rowCount)
        index.freeSegment(0)
        store.freeSegmentMemory(0)
        alive.freeSegment(0)
      } else if ('refused' in each) {
        const visible = { ...indexed.collection.rows() }.visibleRows
        await indexed.add(some(each.refused))
        indexed.rewind(visible)
      } else if ('every' in each) {
        for (const row of indexed.aliveRows().slice(-300))
          if (row % each.every === 0) alive.clear(row)
      } else if (rowCount + each.add <= K_MAX) await indexed.add(some(each.add))
    }

    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const { indexed } = await listed('clustered')
        for (const each of steps) {
          await run(indexed, each)
          expect(await indexed.rowsFound(vector)).toEqual(indexed.aliveRows())
        }
      }),
      { numRuns: countFor({ native: 8, scalar: 3 }) },
    )
  })

  it('gives the same answers while lists are made as before and after', async () => {
    const { indexed, rows, vector } = await listed('clustered')
    await indexed.add(rows.slice(0, DIMENSION * 1000))
    const there = indexed.aliveRows()
    let isDone = false
    const build = indexed.optimize().finally(() => {
      isDone = true
    })
    let searches = 0
    for (; !isDone; searches++) {
      expect(await indexed.rowsFound(vector)).toEqual(there)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await build
    expect(await indexed.rowsFound(vector)).toEqual(there)
    expect(searches).toBeGreaterThan(1)
  })

  it.runIf(isNative)('gives the same hits on the scalar kernels', async () => {
    const schema = { dimension: DIMENSION, dtype: 'int8', metric: 'l2' } as const
    const { indexed, rows, queries } = await listed('overlapping', schema)
    const scalar = await IndexedRows.create(schema, scalarKernels)
    await scalar.add(rows)
    await scalar.optimize()
    expect(scalar.index.stats()).toEqual(indexed.index.stats())
    expect(scalar.index.set!.calibration).toEqual(indexed.index.set!.calibration)
    for (const [i, vector] of queries.entries()) {
      const recall = [0.5, 0.8, 0.95, 0.999][i % 4]!
      const wanted = { k: [20, 1, 100][i % 3]!, recall }
      expect(await indexed.search(vector, wanted)).toEqual(await scalar.search(vector, wanted))
    }
  })

  it('keeps its promise when rows come in sorted, before and after lists are made', async () => {
    const { indexed, queries, rows } = await listed('overlapping')
    const wanted = { k: 10, recall: 0.99 }
    await indexed.add(moved(rows.slice(0, DIMENSION * 4000)))
    const asked = queries.map(moved)
    expect(await indexed.recallOf(asked, wanted)).toBeGreaterThanOrEqual(ALMOST_ALL)
    await indexed.optimize()
    expect(await indexed.recallOf(asked, wanted)).toBeGreaterThanOrEqual(ALMOST_ALL)
    expect(await indexed.recallOf(queries, wanted)).toBeGreaterThanOrEqual(ALMOST_ALL)
  })

  it('finds those that are left when nearly all rows were deleted', async () => {
    const { indexed, queries } = await listed('overlapping')
    for (let row = 0; row < ROWS; row++) if (row % 100 !== 0) indexed.alive.clear(row)
    const wanted = { k: 10, recall: 0.99 }
    expect(await indexed.recallOf(queries, wanted)).toBeGreaterThanOrEqual(ALMOST_ALL)
    const { rows } = await indexed.search(queries[0]!, { k: 1000, recall: 0.9 })
    expect([...rows.sort()]).toEqual(indexed.aliveRows())
  })

  it('gives k different rows when half of them are duplicates', async () => {
    const { indexed, vector } = await listed('duplicates')
    const { rows } = await indexed.search(vector, { k: 500, recall: 0.95 })
    expect(new Set(rows).size).toBe(500)
  })

  it('gives the first of rows that are all equally good', async () => {
    const { indexed, vector } = await listed('equal', { metric: 'l2' })
    const { rows } = await indexed.search(vector, { k: 5, recall: 0.95 })
    expect([...rows]).toEqual([0, 1, 2, 3, 4])
  })

  it('tells how far a build has come, stage after stage, and that it is done', async () => {
    const { indexed } = await listed('clustered')
    const stages = [...new Set(indexed.events.map(({ stage }) => stage))]
    const all = ['sample', 'train', 'assign', 'write', 'calibrate', 'done']
    // Short stages may pass unseen.
    expect(stages).toEqual(all.filter((stage) => stages.some((seen) => seen === stage)))
    expect(stages.length).toBeGreaterThan(2)
    const last = indexed.events.at(-1)
    const end = { collection: 'docs', stage: 'done', rowsDone: 8480, rowsTotal: 8480 }
    expect(last).toMatchObject(end)
    for (const { rowsDone, rowsTotal } of indexed.events) {
      expect(rowsDone).toBeLessThanOrEqual(rowsTotal)
    }
  })

  it('makes no lists again of rows that are in the best ones already', async () => {
    const { indexed } = await listed('equal')
    const stages: string[] = []
    await indexed.optimize({ onProgress: ({ stage }) => stages.push(stage) })
    expect(stages).toEqual([])
  })

  it('learns from what was asked since, and makes no lists for that', async () => {
    const { indexed, rows } = await listed('clustered')
    for (let row = 0; row < 64; row++) {
      const { buffer } = rows.slice(row * DIMENSION, (row + 1) * DIMENSION)
      indexed.index.noteQuery(new Uint8Array(buffer))
    }
    const stages = new Set<string>()
    await indexed.optimize({ onProgress: ({ stage }) => stages.add(stage) })
    expect([...stages]).toEqual(['calibrate'])
    stages.clear()
    await indexed.optimize({ onProgress: ({ stage }) => stages.add(stage) })
    expect([...stages]).toEqual([])
  })
})

describe('optimize', () => {
  it('rejects with what a callback throws, and lets go of all memory', async () => {
    const { indexed, rows } = await listed('clustered')
    await indexed.add(rows.slice(0, DIMENSION * 1000))
    const onProgress = (): void => {
      throw new RangeError('mine')
    }
    await expect(indexed.optimize({ onProgress })).rejects.toThrow(new RangeError('mine'))
    await indexed.optimize()
    expect(indexed.index.stats().listedRows).toBe(9472)
  })

  it('is told of a build that was under way before, and can be aborted meanwhile', async () => {
    const { indexed, rows } = await listed('clustered')
    await indexed.add(rows.slice(0, DIMENSION * 1000))
    const first = indexed.optimize()
    const stop = new AbortController()
    let calls = 0
    const onProgress = (): void => {
      calls += 1
      if (calls === 3) stop.abort()
    }
    const second = indexed.optimize({ signal: stop.signal, onProgress })
    await expect(second).rejects.toMatchObject({ name: 'AbortError' })
    expect(indexed.index.stats().listedRows).toBe(8480)
    await first
    expect(indexed.index.stats().listedRows).toBe(9472)
    expect(calls).toBe(3)
  })
})
