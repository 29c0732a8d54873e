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
import { asVectorData, type Dtype, strideOf } from '../../core/src/dtype.js'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { INSTRUCTION_SETS } from './instruction-sets.js'

const EPSILON = 2 ** -53
const REAL_DIMENSIONS = [383, 384, 385, 768, 1536, 4096]
const ALL_DIMENSIONS = [...Array.from({ length: 257 }, (_, i) => i + 1), ...REAL_DIMENSIONS]

/** What of the engine's global is used here; the compiler has no types for it without the DOM. */
declare const WebAssembly: {
  readonly Memory: new (size: {
    readonly initial: number
    readonly maximum: number
    readonly shared: true
  }) => { readonly buffer: SharedArrayBuffer }
}

/**
 * Two pages of memory that is followed by reserved address space, as a WebAssembly memory is: who
 * reads past its end is stopped by the hardware.
 */
const [QUERY_PAGE, ROWS_PAGE] = [makePage(), makePage()]

function makePage(): SharedArrayBuffer {
  return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer
}

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

/** The same bytes at the end of a page. */
function atTheEdge(page: SharedArrayBuffer, bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(page, page.byteLength - bytes.length)
  view.set(bytes)
  return view
}

function movedTo(offset: number, bytes: Uint8Array): Uint8Array {
  const moved = new Uint8Array(bytes.length + 64).subarray(offset, offset + bytes.length)
  moved.set(bytes)
  return moved
}

/** Rows whose elements are taken in turn from the values, in steps that differ by row. */
function valueRows(dtype: Dtype, dimension: number, values: readonly unknown[]): Uint8Array {
  const rows = 3 * values.length
  const bytes = new Uint8Array(rows * strideOf(dtype, dimension))
  const data = asVectorData(dtype, bytes) as unknown as unknown[]
  const elements = data.length / rows
  for (let row = 0; row < rows; row++) {
    const step = Math.floor(row / values.length)
    for (let i = 0; i < elements; i++) {
      data[row * elements + i] = values[(row + i * step) % values.length]
    }
  }
  return bytes
}

const FLOAT64S = [0, -0, 1, -1, 5e-324, -1e-310, 1e150, -1e150]
const FLOAT32S = [0, -0, 1, 1.4e-45, -1e-40, 3.4e38, -3.4e38]
const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** By dtype, values at the ends of the range; the 16-bit floats as bits. */
const VALUES: Readonly<Partial<Record<Dtype, readonly unknown[]>>> = {
  float64: [...FLOAT64S, ...NOT_FINITE],
  complex128: [...FLOAT64S, ...NOT_FINITE],
  float32: [...FLOAT32S, ...NOT_FINITE],
  complex64: [...FLOAT32S, ...NOT_FINITE],
  float16: [0, 0x8000, 1, 0x8001, 0x3ff, 0x400, 0x3c00, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e01],
  bfloat16: [0, 0x8000, 1, 0x8001, 0x7f, 0x80, 0x3f80, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc1],
  int64: [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 32n), 0xffffffffn],
  uint64: [0n, 1n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n, 2n ** 32n, 0xffffffffn],
  int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 65_536, -65_536, 65_535],
  uint32: [0, 1, 2 ** 32 - 1, 2 ** 31, 2 ** 31 - 1, 65_536, 65_535],
  int16: [0, 1, -1, 32_767, -32_768, 255, 256, -256],
  uint16: [0, 1, 65_535, 32_768, 32_767, 255, 256],
  int8: [0, 1, -1, 127, -128],
  uint8: [0, 1, 255, 128, 127],
  bit: [0, 255, 0x80, 0x55],
}

for (const { isa, provider } of INSTRUCTION_SETS) {
  if (provider === undefined) continue
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
          const rows = valueRows(dtype, dimension, VALUES[dtype]!)
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
