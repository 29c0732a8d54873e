/**
 * Distances of every instruction set over every length up to 257 and the lengths people use, at
 * every offset in a cache line, at the edge of readable memory, and for values at the ends of
 * their ranges. The conformance suite (native-kernels.test.ts) samples the same more widely.
 */

import type { KernelProvider, ScanTask } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import {
  COMBINATIONS,
  emptyHeap,
  seededTask,
  toleranceOf,
} from '../../core/src/conformance/kernel-provider-data.js'
import { strideOf } from '../../core/src/dtype.js'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { INSTRUCTION_SETS } from './instruction-sets.js'
import { atTheEdge, makePage, movedTo } from './placement.js'
import { ALL_DIMENSIONS, extremeRows } from './telling-rows.js'

const EPSILON = 2 ** -53
const [QUERY_PAGE, ROWS_PAGE] = [makePage(), makePage()]

function run(provider: KernelProvider, task: ScanTask): Float64Array {
  const count = Math.floor(task.rows.length / strideOf(task.dtype, task.dimension))
  const out = new Float64Array(count).fill(Number.NaN)
  provider.distancesRange(task, 0, out)
  return out
}

/** What is wrong with the distances of a task; nothing when they are right. */
function faultsOf(provider: KernelProvider, task: ScanTask, absolute = 0): string[] {
  const expected = run(scalarKernels, task)
  return Array.from(run(provider, task), (distance, row) => {
    const tolerance = toleranceOf(task, row, EPSILON) + absolute
    const right = expected[row]!
    if (Object.is(distance, right) || Math.abs(distance - right) <= tolerance) return ''
    const where = `${task.dtype} ${task.metric}, dimension ${task.dimension}, row ${row}`
    return `${where}: ${distance}, not ${right}`
  }).filter((fault) => fault !== '')
}

for (const { isa, provider, reason } of INSTRUCTION_SETS) {
  if (provider === undefined) {
    it.skipIf(true)(`native ${isa} distances: ${reason}`, () => {})
    continue
  }
  describe(`native ${isa} distances`, () => {
    for (const combination of COMBINATIONS) {
      const [dtype, metric] = combination
      const name = `${dtype} ${metric}`

      it(`${name}: agree with the scalar ones at every length`, () => {
        for (const dimension of ALL_DIMENSIONS) {
          const task = seededTask(combination, dimension, 2, dimension * 7)
          expect(faultsOf(provider, task)).toEqual([])
        }
      })

      it(`${name}: agree with the scalar ones at the ends of the range`, () => {
        for (const dimension of [8, 65, 385, 4096]) {
          const rows = extremeRows(dtype, dimension)
          const stride = strideOf(dtype, dimension)
          for (let at = 0; at < rows.length; at += 5 * stride) {
            const query = rows.slice(at, at + stride)
            // What underflows in float64 may do so in another place.
            const task: ScanTask = { metric, dtype, dimension, query, rows }
            expect(faultsOf(provider, task, 1e-300)).toEqual([])
          }
        }
      })

      it(`${name}: are the same bits at every offset in a cache line`, () => {
        for (const dimension of [1, 37, 384]) {
          const task = seededTask(combination, dimension, 2, 3)
          const expected = run(provider, task)
          for (let offset = 0; offset < 64; offset++) {
            const query = movedTo(63 - offset, task.query)
            const moved = { ...task, query, rows: movedTo(offset, task.rows) }
            expect(run(provider, moved)).toEqual(expected)
          }
        }
      })

      it(`${name}: read nothing after query and rows`, () => {
        for (const dimension of [...ALL_DIMENSIONS.filter((d) => d % 7 === 0), 1, 33, 383, 385]) {
          const task = seededTask(combination, dimension, 3, dimension)
          const query = atTheEdge(QUERY_PAGE, task.query)
          const edge = { ...task, query, rows: atTheEdge(ROWS_PAGE, task.rows) }
          expect(run(provider, edge)).toEqual(run(provider, task))
        }
      })

      it(`${name}: are the same bits for many rows, chosen rows, nearest rows and one`, () => {
        for (const dimension of [5, 100, 384]) {
          const rowCount = 61
          const task = seededTask(combination, dimension, rowCount, 11)
          checkWays(provider, task, rowCount)
        }
      })
    }
  })
}

function checkWays(provider: KernelProvider, task: ScanTask, rowCount: number): void {
  const expected = run(provider, task)
  const ids = Uint32Array.from({ length: rowCount }, (_, i) => (i * 17) % rowCount)
  const chosen = new Float64Array(rowCount)
  provider.distances(task, ids, chosen)
  expect(chosen).toEqual(Float64Array.from(ids, (id) => expected[id]!))
  const alone = Float64Array.from(expected, (_, row) => {
    const out = new Float64Array(1)
    provider.distancesRange(task, row, out)
    return out[0]!
  })
  expect(alone).toEqual(expected)
  for (const mask of [undefined, new Uint32Array(2).fill(0xffffffff)]) {
    const heap = emptyHeap(rowCount)
    const range = { from: 0, to: rowCount, rowBase: 0 }
    provider.nearest(task, mask === undefined ? range : { ...range, mask }, heap)
    expect(heap.count).toBe(rowCount)
    const byRow = new Float64Array(rowCount)
    for (let i = 0; i < rowCount; i++) byRow[heap.rows[i]!] = heap.distances[i]!
    expect(byRow).toEqual(expected)
  }
}
