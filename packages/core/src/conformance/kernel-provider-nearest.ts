/** Part of the kernel suite: the nearest rows against sorting all distances. */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import type { NearestHeap, ScanRange, ScanTask } from '../contract/kernel-provider.js'
import { strideOf } from '../dtype.js'
import {
  COMBINATIONS,
  emptyHeap,
  type KernelSubject,
  seededBytes,
  seededTask,
} from './kernel-provider-data.js'
import { allDistances } from './kernel-provider-distances.js'

/** A scan with many ties: rows repeat. */
interface NearestCase {
  readonly task: ScanTask
  readonly rowCount: number
  readonly range: ScanRange
  readonly heap: NearestHeap
}

/**
 * Registers the tests of nearest.
 *
 * @internal
 */
export function nearestTests(subject: KernelSubject): void {
  const { it, fc } = subject
  it('keeps the k nearest competing rows, ties to the lower row, whatever the mask', () => {
    fc.assert(
      fc.property(nearestCase(subject), (example) => {
        const expected = sortedRows(subject, example)
        subject.provider.nearest(example.task, example.range, example.heap)
        checkHeapOrder(example.heap)
        assert.deepEqual(entriesOf(example.heap), expected)
      }),
      { numRuns: 300 },
    )
  })

  it('builds the same answer from many calls, in any order', () => {
    fc.assert(
      fc.property(nearestCase(subject), fc.nat(), (example, cut) => {
        const { from, to } = example.range
        const middle = from + (cut % (to - from + 1))
        const expected = sortedRows(subject, example)
        subject.provider.nearest(example.task, { ...example.range, from: middle }, example.heap)
        subject.provider.nearest(example.task, { ...example.range, to: middle }, example.heap)
        assert.deepEqual(entriesOf(example.heap), expected)
      }),
      { numRuns: 100 },
    )
  })

  it('numbers rows from rowBase, up to the last u32', () => {
    const task = seededTask(['float32', 'l2'], 8, 3, 1)
    const heap = emptyHeap(3)
    const rowBase = 2 ** 32 - 3
    subject.provider.nearest(task, { from: 0, to: 3, rowBase }, heap)
    const rows = heap.rows.toSorted()
    assert.deepEqual(rows, Uint32Array.of(rowBase, rowBase + 1, rowBase + 2))
  })

  it('leaves the heap as it is when no row competes', () => {
    const task = seededTask(['float32', 'cosine'], 8, 40, 1)
    const heap = emptyHeap(3)
    subject.provider.nearest(task, { from: 0, to: 0, rowBase: 0 }, heap)
    const mask = Uint32Array.of(0, 0)
    subject.provider.nearest(task, { from: 0, to: 40, rowBase: 0, mask }, heap)
    subject.provider.nearest(task, { from: 3, to: 9, rowBase: 0 }, { ...heap, distanceMax: -1 })
    assert.equal(heap.count, 0)
  })
}

function nearestCase(subject: KernelSubject): fc.Arbitrary<NearestCase> {
  const { fc } = subject
  return fc
    .record({
      combination: fc.constantFrom(...COMBINATIONS),
      dimension: fc.integer({ min: 1, max: 40 }),
      rowCount: fc.integer({ min: 1, max: 150 }),
      distinctRows: fc.integer({ min: 1, max: 150 }),
      from: fc.nat(150),
      k: fc.integer({ min: 1, max: 20 }),
      bound: fc.option(fc.nat(149), { nil: undefined }),
      masked: fc.boolean(),
      seed: fc.integer(),
    })
    .map((parts): NearestCase => {
      const { combination, dimension, rowCount, seed } = parts
      const task = seededTask(combination, dimension, rowCount, seed)
      const distinctBytes = parts.distinctRows * strideOf(combination[0], dimension)
      for (let at = distinctBytes; at < task.rows.length; at++) {
        task.rows[at] = task.rows[at - distinctBytes]!
      }
      // A bound that is one of the distances: that row still enters.
      const bounds = allDistances(subject, task, rowCount)
      const distanceMax = parts.bound === undefined ? undefined : bounds[parts.bound % rowCount]
      const range: ScanRange = { from: parts.from % rowCount, to: rowCount, rowBase: 1000 }
      const mask = new Uint32Array(seededBytes(Math.ceil(rowCount / 32) * 4, ~seed).buffer)
      const heap = emptyHeap(parts.k, distanceMax)
      return { task, rowCount, range: parts.masked ? { ...range, mask } : range, heap }
    })
}

function sortedRows(
  subject: KernelSubject,
  example: NearestCase,
): Array<readonly [number, number]> {
  const { from, to, rowBase, mask } = example.range
  const distances = allDistances(subject, example.task, example.rowCount)
  const entries: Array<readonly [number, number]> = []
  for (let row = from; row < to; row++) {
    const competes = mask === undefined || ((mask[row >>> 5]! >>> (row & 31)) & 1) === 1
    if (competes && distances[row]! <= example.heap.distanceMax) {
      entries.push([distances[row]!, rowBase + row])
    }
  }
  return entries.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, example.heap.k)
}

function entriesOf(heap: NearestHeap): Array<readonly [number, number]> {
  const { count, distances, rows } = heap
  const entries = Array.from({ length: count }, (_, i) => [distances[i]!, rows[i]!] as const)
  return entries.sort((a, b) => a[0] - b[0] || a[1] - b[1])
}

function checkHeapOrder({ count, distances, rows }: NearestHeap): void {
  for (let child = 1; child < count; child++) {
    const parent = (child - 1) >> 1
    const ordered =
      distances[parent]! > distances[child]! ||
      (distances[parent] === distances[child] && rows[parent]! > rows[child]!)
    assert.ok(ordered, `entry ${child} is worse than its parent`)
  }
}
