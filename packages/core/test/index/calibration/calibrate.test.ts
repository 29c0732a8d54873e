import { beforeAll, describe, expect, it } from 'vitest'
import { calibrate } from '../../../src/index/calibration/calibrate.js'
import type { Calibration } from '../../../src/index/calibration/calibration.js'
import { planSearch } from '../../../src/index/calibration/plan-search.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet } from '../../search/vector-sets.js'
import {
  DIMENSION,
  type Kind,
  LISTS,
  QUERIES,
  ROWS,
  recallOf,
  type Subject,
  subjectOf,
} from './calibration-subject.js'

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
    const { recall, lists } = recallOf(gaussian, plan, task)
    expect(recall).toBeLessThan(0.95)
    const fewer = { ...plan, probes: Math.floor(lists / 2) }
    expect(recallOf(gaussian, fewer, task).recall).toBeLessThan(0.88)
    const clusters = planSearch(await calibrationOf(subject), WANTED)
    const { scanned } = recallOf(subject, clusters, { k: 10, queries: subject.queries })
    expect(scanned).toBeLessThan(ROWS / 4)
  })

  it('takes more lists and surer bounds as long as only rows are known', async () => {
    const gaussian = subjectOf({ set: 'gaussian', metric: 'cosine', dtype: 'float32' })
    const before = planSearch(await calibrationOf(gaussian), WANTED)
    const after = planSearch(await calibrationOf(gaussian, moreOf('gaussian')), WANTED)
    expect(before.reach).toBeGreaterThan(after.reach)
    expect(before.eps).toBeGreaterThan(after.eps)
    const task = { k: 10, queries: gaussian.queries }
    const [more, fewer] = [before, after].map((plan) => recallOf(gaussian, plan, task).lists)
    expect(more! * before.eps).toBeGreaterThan(1.2 * fewer! * after.eps)
  })

  it('is the same every time, and after a way between threads', async () => {
    const calibration = await calibrationOf(subject)
    expect(await calibrationOf(subject)).toEqual(calibration)
    expect(structuredClone(calibration)).toEqual(calibration)
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
    const ofRows = await calibrationOf(subject)
    const calibration = await calibrationOf(subject, asked)
    expect(calibration.userQueries).toBe(100)
    const [before, after] = [ofRows, calibration].map((known) => {
      const plan = planSearch(known, { recall: 0.7, k: 10 })
      return recallOf(subject, plan, { k: 10, queries })
    })
    expect(before!.recall).toBeGreaterThan(0.85)
    expect(after!.recall).toBeGreaterThan(0.68)
    expect(after!.recall).toBeLessThan(0.85)
    expect(after!.scanned).toBeLessThan(0.8 * before!.scanned)
    const most = planSearch(calibration, { recall: 0.95, k: 10 })
    expect(recallOf(subject, most, { k: 10, queries }).recall).toBeGreaterThan(0.93)
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
