/** Part of the kernel suite: the nearest of many centroids, and the sums of lists. */

import assert from 'node:assert/strict'
import { NO_ROW } from '../code-layout.js'
import type { AssignTask, CodeKernels, CodeSpace, MeansTask } from '../contract/code-kernels.js'
import { elementsPerRow, strideOf } from '../dtype.js'
import {
  assertSameNumbers,
  CODE_DIMENSIONS,
  encoded,
  nameOf,
  rowCountOf,
  rowOf,
  scaledRows,
  seededSpace,
} from './kernel-provider-codes-data.js'
import {
  COMBINATIONS,
  type KernelSubject,
  movedTo,
  seededBytes,
  seededRows,
} from './kernel-provider-data.js'

/**
 * What a test of assign varies.
 *
 * @internal
 */
export type AssignOptions = Pick<AssignTask, 'candidatesMax' | 'margin' | 'listsPerRow'>

/**
 * What people have, and what has twice as many numbers.
 *
 * @internal
 */
export const MANY: typeof COMBINATIONS = [
  ['float32', 'cosine'],
  ['complex64', 'dot'],
  ['int8', 'l2'],
]

/**
 * Registers the tests of assign and accumulateMeans.
 *
 * @internal
 */
export function assignTests(subject: KernelSubject): void {
  const { it, fc } = subject
  for (const combination of COMBINATIONS) {
    const [dtype, metric] = combination
    it(`${dtype} ${metric}: assigns rows to the oracle's lists`, () => {
      const options = fc.record<AssignOptions>({
        candidatesMax: fc.integer({ min: 1, max: 64 }),
        margin: fc.constantFrom(0, 0.01, 0.1, 1, 1e30),
        listsPerRow: fc.constantFrom(1, 2),
      })
      const dimensions = fc.integer({ min: 1, max: 200 })
      const counts = fc.integer({ min: 1, max: 100 })
      fc.assert(
        fc.property(dimensions, counts, fc.integer(), options, (dimension, count, seed, task) => {
          const space = seededSpace(subject.codes, combination, dimension, seed)
          const rows = mixedRows(space, seed)
          checkAssign(subject, assignTask(subject.codes, space, { ...task, rows, count, seed }))
        }),
        { numRuns: 6 },
      )
    })

    it(`${dtype} ${metric}: adds rows to the oracle's sums`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 257 }), fc.integer(), (dimension, seed) => {
          const space = seededSpace(subject.codes, combination, dimension, seed)
          checkMeans(subject, space, mixedRows(space, seed))
        }),
        { numRuns: 10 },
      )
      for (const dimension of CODE_DIMENSIONS) {
        const space = seededSpace(subject.codes, combination, dimension, dimension)
        checkMeans(subject, space, seededRows(dtype, dimension, 2, dimension))
      }
    })
  }

  it('assigns rows at telling dimensions, to many lists', () => {
    for (const combination of MANY) {
      for (const dimension of CODE_DIMENSIONS) checkMany(subject, combination, dimension, [10, 64])
      checkMany(subject, combination, 60, [1024, 64])
    }
    checkMany(subject, ['float32', 'cosine'], 384, [1024, 32])
    for (const candidatesMax of [1, 5, 64]) {
      checkMany(subject, ['float32', 'l2'], 60, [2100, candidatesMax])
    }
  })

  it('assigns to the first of equal centroids, and to no second where there is one', () => {
    for (const combination of COMBINATIONS) {
      const space = seededSpace(subject.codes, combination, 40, 1)
      for (const count of [1, 2, 70]) checkTies(subject, space, count)
    }
    checkTies(subject, seededSpace(subject.codes, ['float32', 'l2'], 40, 1), 2100)
  })
}

/**
 * Seeded rows, rows of every magnitude, and rows of any bits.
 *
 * @internal
 */
export function mixedRows(space: CodeSpace, seed: number): Uint8Array {
  const { dtype, dimension } = space
  const parts = [
    seededRows(dtype, dimension, 4, seed),
    scaledRows(space, 3, seed),
    seededBytes(2 * strideOf(dtype, dimension), seed),
  ]
  return new Uint8Array(Buffer.concat(parts))
}

function checkMany(
  subject: KernelSubject,
  combination: (typeof COMBINATIONS)[number],
  dimension: number,
  [count, candidatesMax]: readonly [number, number],
): void {
  const space = seededSpace(subject.codes, combination, dimension, dimension)
  const rows = seededRows(space.dtype, dimension, 2, dimension)
  const options = { candidatesMax, margin: 0.1, rows, count, seed: 1 }
  for (const listsPerRow of [1, 2] as const) {
    checkAssign(subject, assignTask(subject.codes, space, { ...options, listsPerRow }))
  }
}

/**
 * What {@link assignTask} makes a task of.
 *
 * @internal
 */
export interface SeededAssign extends AssignOptions {
  readonly rows: Uint8Array
  /** Centroids. */
  readonly count: number
  readonly seed: number
}

/**
 * Rows, and centroids that are other rows of their kind; some are equal.
 *
 * @param codes - what makes blocks of the centroids
 * @internal
 */
export function assignTask(
  codes: CodeKernels,
  space: CodeSpace,
  { count, seed, rows, ...options }: SeededAssign,
): AssignTask {
  const { dtype, dimension, mean } = space
  const near = seededRows(dtype, dimension, count, seed)
  near.set(rowOf(space, rows, 0))
  const own = Uint32Array.from({ length: count }, (_, i) => i)
  const sums = new Float64Array(count * mean.length)
  codes.accumulateMeans({ space, rows: near, lists: own, sums, counts: new Uint32Array(count) })
  const centroids = Float32Array.from(sums)
  for (let k = 0; k + 3 < count; k += 5) {
    centroids.copyWithin((k + 3) * mean.length, k * mean.length, (k + 1) * mean.length)
  }
  const lists = new Uint32Array(options.listsPerRow * rowCountOf(space, rows)).fill(7)
  const blocks = encoded(codes, centroidSpace(space), new Uint8Array(centroids.buffer))
  return { space, rows, centroids, blocks, lists, ...options }
}

/**
 * Where centroids are rows: as many float32 numbers as a row has, compared by l2.
 *
 * @internal
 */
export function centroidSpace(space: CodeSpace): CodeSpace {
  const isComplex = space.dtype !== 'bit' && elementsPerRow(space.dtype, 1) === 2
  return { ...space, metric: 'l2', dtype: isComplex ? 'complex64' : 'float32' }
}

/**
 * Fails unless the provider's lists are the oracle's.
 *
 * @internal
 */
export function checkAssign({ provider, codes }: KernelSubject, task: AssignTask): void {
  const { lists } = task
  codes.assign(task)
  const right = lists.slice()
  lists.fill(7)
  provider.assign(task)
  const { candidatesMax, margin, listsPerRow } = task
  const among = task.groups === undefined ? 'all' : `${task.groups.beam} groups`
  const limits = `${candidatesMax} candidates of ${among}, margin ${margin}`
  const what = `${nameOf(task.space)}, ${limits}`
  assertSameNumbers(lists, right, `${what}, ${listsPerRow} a row: lists`)
  const moved = new Uint32Array(lists.length + 1).subarray(1)
  const { rows, blocks } = task
  const groups = task.groups && { ...task.groups, blocks: movedTo(7, task.groups.blocks) }
  const apart = { rows: movedTo(5, rows), blocks: movedTo(3, blocks), groups }
  provider.assign({ ...task, ...apart, lists: moved })
  assertSameNumbers(moved, right, `${what}, ${listsPerRow} a row, moved: lists`)
  const stride = strideOf(task.space.dtype, task.space.dimension)
  const last = lists.subarray(lists.length - listsPerRow)
  provider.assign({ ...task, lists: last, rows: rows.subarray(rows.length - stride) })
  assertSameNumbers(lists, right, `${what}: the last row alone`)
}

/** All centroids are equal: the lower numbers win, however many there are. */
function checkTies(subject: KernelSubject, space: CodeSpace, count: number): void {
  const row = seededRows(space.dtype, space.dimension, 1, 9)
  const rows = new Uint8Array(Buffer.concat([row, row]))
  const second = count === 1 ? NO_ROW : 1
  for (const listsPerRow of [1, 2] as const) {
    const options = { candidatesMax: 5, margin: 0, listsPerRow, rows, seed: 1 }
    const task = assignTask(subject.codes, space, { ...options, count })
    const n = space.mean.length
    for (let k = 1; k < count; k++) task.centroids.copyWithin(k * n, 0, n)
    const centroids = new Uint8Array(task.centroids.buffer)
    const blocks = encoded(subject.codes, centroidSpace(space), centroids)
    subject.provider.assign({ ...task, blocks })
    const expected = listsPerRow === 1 ? [0, 0] : [0, second, 0, second]
    assert.deepEqual([...task.lists], expected, `${nameOf(space)}, ${count} centroids`)
  }
}

/** Rows added in one call and one by one, to sums that are not empty; some are left out. */
function checkMeans({ provider, codes }: KernelSubject, space: CodeSpace, rows: Uint8Array): void {
  const count = rowCountOf(space, rows)
  const listCount = 3
  const lists = Uint32Array.from({ length: count }, (_, i) => (i % 5 === 4 ? NO_ROW : (i * 7) % 3))
  const empty = (): MeansTask => {
    const sums = new Float64Array(listCount * space.mean.length).fill(0.1)
    return { space, rows, lists, sums, counts: Uint32Array.of(4, 5, 6) }
  }
  const [right, actual, moved, parts] = [empty(), empty(), empty(), empty()]
  codes.accumulateMeans(right)
  provider.accumulateMeans(actual)
  provider.accumulateMeans({ ...moved, rows: movedTo(3, rows) })
  for (let row = 0; row < count; row++) {
    const list = lists.subarray(row, row + 1)
    provider.accumulateMeans({ ...parts, rows: rowOf(space, rows, row), lists: list })
  }
  for (const task of [actual, moved, parts]) {
    assertSameNumbers(task.sums, right.sums, `${nameOf(space)}: sums`)
    assertSameNumbers(task.counts, right.counts, `${nameOf(space)}: counts`)
  }
}
