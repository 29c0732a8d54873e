/**
 * Long masked scans of every instruction set: the numbers of the rows that compete are found in a
 * window that is far shorter than these scans. The conformance suite has shorter ones, for every
 * dtype and metric.
 */

import type { ScanRange, ScanTask } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../bench/src/vectors/random.js'
import {
  COMBINATIONS,
  emptyHeap,
  seededTask,
} from '../../core/src/conformance/kernel-provider-data.js'
import { INSTRUCTION_SETS } from './instruction-sets.js'

/** A mask over so many rows, of which about a share competes. */
function maskOf(rowCount: number, share: number, seed: number): Uint32Array {
  const random = new Random(seed)
  const mask = new Uint32Array(Math.ceil(rowCount / 32))
  for (let row = 0; row < rowCount; row++) {
    if (random.below(1000) < share * 1000) mask[row >>> 5]! |= 1 << (row & 31)
  }
  return mask
}

function competes(mask: Uint32Array, row: number): boolean {
  return ((mask[row >>> 5]! >>> (row & 31)) & 1) === 1
}

describe.each(INSTRUCTION_SETS)('masked scans, $isa', ({ provider, reason }) => {
  /** The nearest rows by a scan, and by sorting the distances of all rows. */
  function bothWays(task: ScanTask, range: Required<ScanRange>, rowCount: number, k: number) {
    const heap = emptyHeap(k)
    provider?.nearest(task, range, heap)
    const found = Array.from(heap.rows.subarray(0, heap.count)).sort((a, b) => a - b)
    const distances = new Float64Array(rowCount)
    provider?.distancesRange(task, 0, distances)
    const rows = Array.from({ length: range.to - range.from }, (_, i) => range.from + i)
    const expected = rows
      .filter((row) => competes(range.mask, row))
      .sort((a, b) => distances[a]! - distances[b]! || a - b)
      .slice(0, k)
      .sort((a, b) => a - b)
    return { found, expected }
  }

  it.skipIf(provider === undefined)('find the same rows as sorting all distances does', () => {
    fc.assert(
      fc.property(
        fc.record({
          combination: fc.constantFrom(...COMBINATIONS),
          rowCount: fc.integer({ min: 1, max: 4000 }),
          ends: fc.tuple(fc.nat(4000), fc.nat(4000)),
          share: fc.constantFrom(0.005, 0.1, 0.5, 0.97, 1),
          k: fc.integer({ min: 1, max: 40 }),
          seed: fc.nat(),
        }),
        ({ combination, rowCount, ends, share, k, seed }) => {
          const task = seededTask(combination, 8, rowCount, seed)
          const [from, to] = ends.map((end) => end % (rowCount + 1)).sort((a, b) => a - b)
          const mask = maskOf(rowCount, share, seed)
          const range = { from: from!, to: to!, rowBase: 0, mask }
          const { found, expected } = bothWays(task, range, rowCount, k)
          expect(found).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })

  it.skipIf(provider === undefined)(`keep every row where k allows it (${reason})`, () => {
    const rowCount = 2100
    const task = seededTask(['int8', 'l2'], 8, rowCount, 7)
    const mask = maskOf(rowCount, 1, 1)
    const { found, expected } = bothWays(
      task,
      { from: 3, to: 2099, rowBase: 0, mask },
      rowCount,
      rowCount,
    )
    expect(found).toHaveLength(2096)
    expect(found).toEqual(expected)
  })
})
