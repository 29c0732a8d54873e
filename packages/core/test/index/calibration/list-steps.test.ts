import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { NearestHeap } from '../../../src/contract/index.js'
import { strideOf } from '../../../src/dtype.js'
import { ListDistances } from '../../../src/index/calibration/list-distances.js'
import { ListSearcher } from '../../../src/index/calibration/list-searcher.js'
import { listNumbersOf, listStepsOf, stepFor } from '../../../src/index/calibration/list-steps.js'
import { probesToSee } from '../../../src/kernels/list-reach.js'
import { createNearestHeap, offerNearest } from '../../../src/kernels/nearest-heap.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { makeRows, Numbers, VECTOR_SETS, vectorsOf } from '../../search/vector-sets.js'
import { buildLists } from './build-lists.js'

const DIMENSION = 48
const ROWS = 600
const QUERIES = 20
const STRIDE = strideOf('float32', DIMENSION)
/** Some hundred times what float32 rounds away of distances. */
const SLACK = 1e-4

const anySubject = fc.record({
  set: fc.constantFrom<keyof typeof VECTOR_SETS>('clustered', 'gaussian', 'uniform'),
  metric: fc.constantFrom('cosine', 'l2'),
  listCount: fc.integer({ min: 1, max: 120 }),
  seed: fc.nat(),
})

function subjectOf({ set, metric, listCount, seed }: Subject) {
  const task = { rowCount: ROWS + QUERIES, width: DIMENSION, numbers: new Numbers(seed) }
  const vectors = vectorsOf('float32', makeRows(VECTOR_SETS[set](), task))
  const packed = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
  const rows = packed.slice(0, ROWS * STRIDE)
  const shape = { metric, dtype: 'float32', dimension: DIMENSION } as const
  const lists = buildLists(scalarKernels, { shape, rows, listCount, listsPerRow: 1, rounds: 1 })
  const queries = Array.from({ length: QUERIES }, (_, i) => {
    return { vector: packed.slice((ROWS + i) * STRIDE, (ROWS + i + 1) * STRIDE), row: -1 }
  })
  const table = {
    segments: [rows],
    rowsPerSegment: ROWS,
    firstRow: 0,
    rowCount: ROWS,
    mask: undefined,
  }
  return { lists, queries, table }
}

type Subject = typeof anySubject extends fc.Arbitrary<infer T> ? T : never

async function noStep(): Promise<void> {}

/** One that no row enters: searches do not go on with further lists, whatever is in the first. */
function fullHeap(): NearestHeap {
  const heap = createNearestHeap(1)
  offerNearest(heap, Number.NEGATIVE_INFINITY, 0)
  return heap
}

it('steps have numbers up to all lists', () => {
  expect(listNumbersOf(1)).toEqual([1])
  expect(listNumbersOf(5)).toEqual([1, 2, 3, 4, 5])
  const numbers = listNumbersOf(16_384)
  expect(numbers.at(-1)).toBe(16_384)
  expect(numbers.length).toBeLessThan(200)
  // Each is as good as the next one but for a twentieth.
  for (const [i, count] of numbers.slice(1).entries()) {
    expect(count).toBeLessThanOrEqual(1.05 * numbers[i]! + 1)
  }
})

it('steps ascend, and the last one is of all lists', async () => {
  await fc.assert(
    fc.asyncProperty(anySubject, async (subject) => {
      const { lists, queries } = subjectOf(subject)
      const steps = await listStepsOf(scalarKernels, lists, queries, noStep)
      const all = { lists: subject.listCount, probes: subject.listCount }
      expect(steps.at(-1)).toEqual({ ...all, reach: Number.POSITIVE_INFINITY })
      for (const [i, step] of steps.slice(1).entries()) {
        expect(step.lists).toBeGreaterThan(steps[i]!.lists)
        expect(step.lists).toBeLessThanOrEqual(1.05 * steps[i]!.lists + 1)
        expect(step.reach).toBeGreaterThanOrEqual(steps[i]!.reach)
        expect(step.probes).toBeGreaterThanOrEqual(steps[i]!.probes)
      }
    }),
    { numRuns: 30 },
  )
})

it('a search scans the lists that are within its step', async () => {
  await fc.assert(
    fc.asyncProperty(anySubject, async (subject) => {
      const { lists, queries, table } = subjectOf(subject)
      const made = await listStepsOf(scalarKernels, lists, queries, noStep)
      // The kernel's distances are float32: lists that just are within reach, or just are not, may
      // be scanned or not. Searches reach as far beyond the former as the latter beyond them.
      const steps = made.map((step) => ({ ...step, reach: step.reach + SLACK }))
      const beyond = made.map((step) => ({ ...step, reach: step.reach + 2 * SLACK }))
      const distances = new ListDistances(scalarKernels, lists)
      const searcher = new ListSearcher(scalarKernels, lists, table)
      for (const { vector } of queries) {
        const measured = distances.measure(vector)
        const rankOf = (values: ArrayLike<number>, list: number): number =>
          1 + Array.from(values).filter((value) => value < values[list]!).length
        const needed = Array.from(measured.reaches, (reach, list) => {
          // Lists that are not looked at count as well: a rank may be lower than this.
          const byEstimate = probesToSee(rankOf(measured.estimates, list))
          const probes = Math.max(rankOf(measured.distances, list), byEstimate)
          return {
            most: stepFor(made, { reach, probes }),
            least: stepFor(beyond, { reach, probes: 1 }),
          }
        })
        for (const [i, step] of steps.entries()) {
          const plan = { ...step, eps: 1 }
          const { lists: scanned } = searcher.search(vector, plan, fullHeap())
          expect(scanned).toBeGreaterThanOrEqual(needed.filter(({ most }) => most <= i).length)
          const inReach = needed.filter(({ least }) => least <= i).length
          expect(scanned).toBeLessThanOrEqual(Math.max(1, Math.min(inReach, step.probes)))
        }
      }
      searcher.release()
    }),
    { numRuns: 30 },
  )
})
