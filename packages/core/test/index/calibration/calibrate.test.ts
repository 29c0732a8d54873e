import { beforeAll, describe, expect, it } from 'vitest'
import type { SearchCost } from '../../../src/contract/index.js'
import type { Dtype } from '../../../src/dtype.js'
import { strideOf } from '../../../src/dtype.js'
import { calibrate } from '../../../src/index/calibration/calibrate.js'
import type { Calibration } from '../../../src/index/calibration/calibration.js'
import { ListSearcher } from '../../../src/index/calibration/list-searcher.js'
import { planSearch } from '../../../src/index/calibration/plan-search.js'
import type { RowLists, SegmentedRows } from '../../../src/index/row-lists.js'
import { createNearestHeap, drainSorted } from '../../../src/kernels/nearest-heap.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../../src/metric.js'
import {
  makeRows,
  Numbers,
  VECTOR_SETS,
  type VectorSet,
  vectorsOf,
  widthOf,
} from '../../search/vector-sets.js'
import { buildLists } from './build-lists.js'

const ROWS = 2000
const QUERIES = 100
const LISTS = 32
const DIMENSION = 32
const ROWS_PER_SEGMENT = 512

interface Subject {
  readonly lists: RowLists
  readonly rows: SegmentedRows
  readonly stride: number
  /** Of the same kind as rows, but none of them. */
  readonly queries: Uint8Array
}

interface Kind {
  readonly set: VectorSet
  readonly metric: Metric
  readonly dtype: Dtype
  readonly isAlive?: (row: number) => boolean
  /** Segments that were freed. */
  readonly freed?: readonly number[]
}

function subjectOf({ set, metric, dtype, isAlive, freed }: Kind): Subject {
  const numbers = new Numbers(5)
  const count = ROWS + QUERIES
  const task = { rowCount: count, width: widthOf(dtype, DIMENSION), numbers }
  const vectors = vectorsOf(dtype, makeRows(VECTOR_SETS[set](), task))
  const packed = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
  const stride = strideOf(dtype, DIMENSION)
  const shape = { metric, dtype, dimension: DIMENSION }
  const rows = packed.slice(0, ROWS * stride)
  const counts = (row: number): boolean =>
    (isAlive?.(row) ?? true) && !(freed?.includes(Math.floor(row / ROWS_PER_SEGMENT)) ?? false)
  const plan = {
    shape,
    rows,
    listCount: LISTS,
    listsPerRow: 2,
    rounds: 2,
    isAlive: counts,
  } as const
  const mask = new Uint32Array(Math.ceil(ROWS / 32))
  for (let row = 0; row < ROWS; row++) if (counts(row)) mask[row >>> 5]! |= 1 << (row & 31)
  const segmentBytes = ROWS_PER_SEGMENT * stride
  const segments = Array.from({ length: Math.ceil(rows.length / segmentBytes) }, (_, i) =>
    freed?.includes(i) === true ? undefined : rows.slice(i * segmentBytes, (i + 1) * segmentBytes),
  )
  return {
    lists: buildLists(scalarKernels, plan),
    rows: { segments, rowsPerSegment: ROWS_PER_SEGMENT, rowCount: ROWS, mask },
    stride,
    queries: packed.slice(ROWS * stride),
  }
}

const WANTED = { recall: 0.9, k: 10 } as const

/** 200 queries of a set that has nothing else in common: float32. */
function moreOf(set: VectorSet): Uint8Array {
  const task = { rowCount: 200, width: DIMENSION, numbers: new Numbers(99) }
  return new Uint8Array(Float32Array.from(makeRows(VECTOR_SETS[set](), task)).buffer)
}

async function noStep(): Promise<void> {}

async function calibrationOf(
  subject: Subject,
  queries: Uint8Array = new Uint8Array(),
): Promise<Calibration> {
  const { lists, rows } = subject
  return calibrate(scalarKernels, { lists, rows, queries, seed: 7 }, noStep)
}

/** The share of the k nearest rows, or of ones as near, that a plan finds. */
function recallOf(
  subject: Subject,
  plan: { readonly probes: number; readonly eps: number },
  task: { readonly k: number; readonly queries: Uint8Array },
): { readonly recall: number; readonly scanned: number } {
  const { lists, rows, stride } = subject
  const searcher = new ListSearcher(scalarKernels, lists, rows)
  const all = { probes: LISTS, eps: Number.POSITIVE_INFINITY }
  let [found, wanted, scanned] = [0, 0, 0]
  for (let at = 0; at < task.queries.length; at += stride) {
    const query = task.queries.subarray(at, at + stride)
    const answer = (options: typeof all): [Set<number>, number, SearchCost] => {
      const heap = createNearestHeap(task.k)
      const cost = searcher.search(query, options, heap)
      const nearest = drainSorted(heap)
      return [new Set(nearest.rows), nearest.distances.at(-1) ?? Number.NaN, cost]
    }
    const [truth, farthest] = answer(all)
    const heap = createNearestHeap(task.k)
    scanned += searcher.search(query, plan, heap).scanned
    const nearest = drainSorted(heap)
    nearest.rows.forEach((row, i) => {
      if (truth.has(row) || nearest.distances[i]! <= farthest) found += 1
    })
    wanted += truth.size
  }
  searcher.release()
  return { recall: found / wanted, scanned: scanned / (task.queries.length / stride) }
}

const KINDS: readonly Kind[] = [
  { set: 'clustered', metric: 'cosine', dtype: 'float32' },
  { set: 'gaussian', metric: 'cosine', dtype: 'float32' },
  { set: 'uniform', metric: 'l2', dtype: 'float64' },
  { set: 'offset', metric: 'l2', dtype: 'float32' },
  { set: 'log-normal', metric: 'dot', dtype: 'float32' },
  { set: 'duplicates', metric: 'l2', dtype: 'int16' },
  { set: 'equal', metric: 'dot', dtype: 'float32' },
  { set: 'mostly zero', metric: 'cosine', dtype: 'int8' },
  { set: 'one-hot', metric: 'l2', dtype: 'uint8' },
  { set: 'clustered', metric: 'dot', dtype: 'uint64' },
]

describe.each(KINDS)('calibration of $set rows, $metric, $dtype', (kind) => {
  let subject: Subject
  let calibration: Calibration
  beforeAll(async () => {
    subject = subjectOf(kind)
    calibration = await calibrationOf(subject)
  })

  it.each([
    [0.9, 10],
    [0.95, 10],
    [0.99, 10],
    [0.999, 10],
    [0.9, 100],
    [0.99, 100],
  ])('keeps the promise of a recall of %d, k = %d', (recall, k) => {
    const plan = planSearch(calibration, { recall, k })
    const measured = recallOf(subject, plan, { k, queries: subject.queries })
    // Three standard errors of so few queries, beside what is promised.
    const chance = 3 * Math.sqrt((recall * (1 - recall)) / QUERIES / 4)
    expect(measured.recall).toBeGreaterThanOrEqual(recall - 0.005 - chance)
  })
})

describe('calibration', () => {
  let subject: Subject
  beforeAll(() => {
    subject = subjectOf({ set: 'clustered', metric: 'cosine', dtype: 'float32' })
  })

  it('scans no more than is needed', async () => {
    const gaussian = subjectOf({ set: 'gaussian', metric: 'cosine', dtype: 'float32' })
    const plan = planSearch(await calibrationOf(gaussian, moreOf('gaussian')), WANTED)
    const task = { k: 10, queries: gaussian.queries }
    expect(recallOf(gaussian, plan, task).recall).toBeLessThan(0.95)
    const fewer = { ...plan, probes: Math.floor(plan.probes / 2) }
    expect(recallOf(gaussian, fewer, task).recall).toBeLessThan(0.88)
    const clusters = planSearch(await calibrationOf(subject), WANTED)
    const { scanned } = recallOf(subject, clusters, { k: 10, queries: subject.queries })
    expect(scanned).toBeLessThan(ROWS / 4)
  })

  it('takes more lists and surer bounds as long as only rows are known', async () => {
    const gaussian = subjectOf({ set: 'gaussian', metric: 'cosine', dtype: 'float32' })
    const before = planSearch(await calibrationOf(gaussian), WANTED)
    const after = planSearch(await calibrationOf(gaussian, moreOf('gaussian')), WANTED)
    expect(before.probes * before.eps).toBeGreaterThan(1.2 * after.probes * after.eps)
  })

  it('is the same every time, and after a way through JSON', async () => {
    const calibration = await calibrationOf(subject)
    expect(await calibrationOf(subject)).toEqual(calibration)
    expect(JSON.parse(JSON.stringify(calibration))).toEqual(calibration)
  })

  it('has plans in the order of k and recall', async () => {
    const { plans } = await calibrationOf(subject)
    const keys = plans.map(({ k, recall }) => k + recall)
    expect(keys).toEqual(keys.toSorted((a, b) => a - b))
    expect(plans.length).toBeGreaterThan(20)
  })

  it('says that lists pay for clusters, and do not for numbers without structure', async () => {
    expect((await calibrationOf(subject)).listsPay).toBe(true)
    const uniform = subjectOf({ set: 'uniform', metric: 'cosine', dtype: 'float32' })
    expect((await calibrationOf(uniform)).listsPay).toBe(false)
  })

  it('takes rows alone while users asked little, or always the same', async () => {
    const few = subject.queries.subarray(0, 63 * subject.stride)
    const same = new Uint8Array(500 * subject.stride)
    for (let at = 0; at < same.length; at++) same[at] = subject.queries[at % subject.stride]!
    const alone = await calibrationOf(subject)
    expect(alone.userQueries).toBe(0)
    expect(await calibrationOf(subject, few)).toEqual(alone)
    expect(await calibrationOf(subject, same)).toEqual(alone)
  })

  it('does for queries of another kind once users asked them', async () => {
    const bytes = moreOf('gaussian')
    const asked = bytes.subarray(0, 100 * subject.stride)
    const queries = bytes.subarray(100 * subject.stride)
    const wanted = { recall: 0.95, k: 10 }
    const before = planSearch(await calibrationOf(subject), wanted)
    const calibration = await calibrationOf(subject, asked)
    expect(calibration.userQueries).toBe(100)
    expect(recallOf(subject, before, { k: 10, queries }).recall).toBeLessThan(0.9)
    const after = recallOf(subject, planSearch(calibration, wanted), { k: 10, queries })
    expect(after.recall).toBeGreaterThan(0.93)
  })
})

describe('calibration of lists whose rows died', () => {
  const kind = { set: 'clustered', metric: 'l2', dtype: 'float32' } as const

  it('asks for and finds rows that are alive', async () => {
    const subject = subjectOf({ ...kind, isAlive: (row) => row % 7 === 0, freed: [1] })
    const calibration = await calibrationOf(subject)
    expect(calibration.rowQueries).toBeGreaterThan(100)
    const plan = planSearch(calibration, { recall: 0.95, k: 10 })
    const { queries } = subject
    expect(recallOf(subject, plan, { k: 10, queries }).recall).toBeGreaterThan(0.93)
  })

  it('scans everything where nothing can be measured', async () => {
    const subject = subjectOf({ ...kind, isAlive: () => false })
    const calibration = await calibrationOf(subject)
    expect(calibration).toMatchObject({ plans: [], rowQueries: 0, listsPay: false })
    expect(planSearch(calibration, { recall: 0.9, k: 10 }).probes).toBe(LISTS)
  })

  it('does not need more than one row', async () => {
    const subject = subjectOf({ ...kind, isAlive: (row) => row === 77 })
    expect(await calibrationOf(subject)).toMatchObject({ plans: [], rowQueries: 1 })
  })
})

describe('a calibration under way', () => {
  it('says how much of it is done', async () => {
    const { lists, rows } = subjectOf({ set: 'clustered', metric: 'l2', dtype: 'float32' })
    const shares: number[] = []
    const input = { lists, rows, queries: moreOf('clustered'), seed: 1 }
    await calibrate(scalarKernels, input, async (share) => {
      shares.push(share)
    })
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect([shares[0], shares.at(-1)]).toEqual([0, 1])
    expect(new Set(shares).size).toBeGreaterThan(200)
  })
})

describe('a calibration that is given up', () => {
  it('throws what the step threw, and forgets all memory', async () => {
    const subject = subjectOf({ set: 'clustered', metric: 'l2', dtype: 'float32' })
    for (const stepsMax of [0, 1, 400, 1000]) {
      let regions = 0
      const kernels = Object.create(scalarKernels, {
        region: {
          value: (bytes: Uint8Array) => {
            const region = scalarKernels.region(bytes)
            regions += 1
            const release = (): void => {
              region.release()
              regions -= 1
            }
            return { ...region, release }
          },
        },
      }) as typeof scalarKernels
      let steps = 0
      const step = async (): Promise<void> => {
        if (steps++ >= stepsMax) throw new Error('enough')
      }
      const { lists, rows } = subject
      const input = { lists, rows, queries: new Uint8Array(), seed: 1 }
      await expect(calibrate(kernels, input, step)).rejects.toThrow('enough')
      expect(regions).toBe(0)
    }
  })
})
