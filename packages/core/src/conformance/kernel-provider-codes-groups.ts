/** Part of the kernel suite: centroids in groups, and blocks that no encoder made. */

import assert from 'node:assert/strict'
import { codeDimensionOf, NO_ROW } from '../code-layout.js'
import type { AssignTask, CentroidGroups, CodeKernels } from '../contract/code-kernels.js'
import {
  assignTask,
  centroidSpace,
  checkAssign,
  MANY,
  mixedRows,
} from './kernel-provider-codes-assign.js'
import { encoded, seededSpace } from './kernel-provider-codes-data.js'
import { type KernelSubject, seededBytes, seededRows } from './kernel-provider-data.js'

/**
 * Registers the tests of groups.
 *
 * @internal
 */
export function groupTests(subject: KernelSubject): void {
  const { it, fc } = subject
  it('looks into the nearest groups, whatever their sizes', () => {
    const options = fc.record({
      candidatesMax: fc.integer({ min: 1, max: 64 }),
      margin: fc.constantFrom(0, 0.1, 1e30),
      listsPerRow: fc.constantFrom(1 as const, 2 as const),
      count: fc.integer({ min: 1, max: 400 }),
      beam: fc.integer({ min: 1, max: 64 }),
      groupSize: fc.constantFrom(1, 2, 7, 32, 40, 100, 1000),
      seed: fc.integer(),
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...MANY),
        options,
        (combination, { beam, groupSize, ...rest }) => {
          const space = seededSpace(subject.codes, combination, 50, rest.seed)
          const rows = mixedRows(space, rest.seed)
          const task = assignTask(subject.codes, space, { ...rest, rows })
          checkAssign(subject, grouped(subject.codes, task, { beam, groupSize, seed: rest.seed }))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('looks into groups of thousands of centroids', () => {
    for (const [beam, groupSize] of [
      [1, 64],
      [8, 64],
      [64, 64],
      [3, 1500],
      [64, 1],
    ] as const) {
      const space = seededSpace(subject.codes, ['float32', 'cosine'], 60, beam)
      const rows = seededRows('float32', 60, 2, beam)
      const options = { candidatesMax: 16, margin: 0.1, rows, count: 3000, seed: 1 }
      for (const listsPerRow of [1, 2] as const) {
        const task = assignTask(subject.codes, space, { ...options, listsPerRow })
        checkAssign(subject, grouped(subject.codes, task, { beam, groupSize, seed: 2 }))
      }
    }
  })

  it('assigns a row to a centroid that is there, whatever the blocks', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 70 }), (seed, count) => {
        checkGarbage(subject, seed, count)
      }),
    )
  })
}

/**
 * How {@link grouped} makes groups.
 *
 * @internal
 */
export interface SeededGroups extends Pick<CentroidGroups, 'beam'> {
  /** Groups have one to twice as many centroids, the last one what is left. */
  readonly groupSize: number
  readonly seed: number
}

/**
 * The task with its centroids in groups as they come; some member of each is its mean.
 *
 * @param codes - what makes blocks of the means
 * @internal
 */
export function grouped(
  codes: CodeKernels,
  task: AssignTask,
  { beam, groupSize, seed }: SeededGroups,
): AssignTask {
  const n = task.space.mean.length
  const count = task.centroids.length / n
  const draws = seededBytes(count, seed)
  const starts = [0]
  for (let at = 0; at < count; ) {
    at += Math.ceil((2 * groupSize * (draws[starts.length - 1]! + 1)) / 256)
    starts.push(Math.min(at, count))
  }
  const picks = seededBytes(starts.length - 1, ~seed)
  const means = new Float32Array((starts.length - 1) * n)
  for (let group = 0; group < starts.length - 1; group++) {
    const member = starts[group]! + (picks[group]! % (starts[group + 1]! - starts[group]!))
    means.set(task.centroids.subarray(member * n, (member + 1) * n), group * n)
  }
  const blocks = encoded(codes, centroidSpace(task.space), new Uint8Array(means.buffer))
  return { ...task, groups: { blocks, starts: Uint32Array.from(starts), beam } }
}

function checkGarbage({ provider, codes }: KernelSubject, seed: number, count: number): void {
  const space = seededSpace(codes, ['float32', 'cosine'], 33, seed)
  const n = space.mean.length
  const codeDimension = codeDimensionOf('float32', n)
  const blocks = seededBytes(Math.ceil(count / 32) * (4 * codeDimension + 512), seed)
  const task: AssignTask = {
    space,
    rows: seededRows('float32', n, 5, seed),
    centroids: new Float32Array(seededBytes(4 * count * n, ~seed).buffer),
    blocks,
    candidatesMax: 4,
    margin: 0.1,
    listsPerRow: 2,
    lists: new Uint32Array(10),
  }
  for (const one of [task, grouped(codes, task, { beam: 2, groupSize: 3, seed })]) {
    provider.assign(one)
    for (const [i, list] of one.lists.entries()) {
      assert.ok(list < count || (i % 2 === 1 && list === NO_ROW), `list ${list} of ${count}`)
    }
  }
}
