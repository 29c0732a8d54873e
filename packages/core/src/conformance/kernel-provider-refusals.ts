/** Part of the kernel suite: arguments that make no sense throw, and nothing is written. */

import assert from 'node:assert/strict'
import type {
  IngestTask,
  KernelProvider,
  NearestHeap,
  ScanRange,
  ScanTask,
} from '../contract/kernel-provider.js'
import type { Dtype } from '../dtype.js'
import type { Metric } from '../metric.js'
import { emptyHeap, type KernelSubject, seededRows, seededTask } from './kernel-provider-data.js'

const ROWS = 40
const DIMENSION = 12

/** One of each family. */
const SUBJECTS: ReadonlyArray<readonly [Dtype, Metric]> = [
  ['float32', 'cosine'],
  ['float64', 'l2'],
  ['complex64', 'dot'],
  ['int8', 'l2'],
  ['uint32', 'dot'],
  ['int64', 'cosine'],
  ['bit', 'hamming'],
]

/** Numbers that are no length, row or count. @internal */
export const NO_COUNTS: readonly unknown[] = [
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '3',
  null,
  {},
]

/**
 * Registers the tests of refusals.
 *
 * @internal
 */
export function refusalTests({ it, provider }: KernelSubject): void {
  it('crc32c refuses what is not bytes and a seed that is no u32', () => {
    const bytes = new Uint8Array(4)
    for (const bad of [undefined, null, 'abc', [1, 2], new Uint32Array(4), new ArrayBuffer(4)]) {
      refuses(() => provider.crc32c(bad as never))
    }
    for (const seed of [...NO_COUNTS, 2 ** 32]) refuses(() => provider.crc32c(bytes, seed as never))
  })

  for (const combination of SUBJECTS) {
    const [dtype, metric] = combination
    it(`${dtype}: ingest refuses wrong shapes and writes nothing`, () => {
      refuseIngest(provider, dtype)
    })
    it(`${dtype} ${metric}: scans refuse wrong shapes and write nothing`, () => {
      refuseScans(provider, seededTask(combination, DIMENSION, ROWS, 1))
    })
    it(`${dtype} ${metric}: nearest refuses wrong ranges and heaps, and offers nothing`, () => {
      refuseRanges(provider, seededTask(combination, DIMENSION, ROWS, 1))
      refuseHeaps(provider, seededTask(combination, DIMENSION, ROWS, 1))
    })
  }
}

function refuseIngest(provider: KernelProvider, dtype: Dtype): void {
  const source = seededRows(dtype, DIMENSION, ROWS, 1)
  const target = new Uint8Array(source.length)
  const task: IngestTask = { dtype, dimension: DIMENSION, source, target, rowCount: ROWS, crc: 0 }
  const changes: readonly Partial<Record<keyof IngestTask, unknown>>[] = [
    { dtype: 'float31' },
    { dtype: undefined },
    { dimension: 0 },
    { dimension: 4097 },
    ...NO_COUNTS.map((dimension) => ({ dimension })),
    ...NO_COUNTS.map((rowCount) => ({ rowCount })),
    ...NO_COUNTS.map((crc) => ({ crc })),
    { rowCount: ROWS + 1 },
    { rowCount: ROWS - 1 },
    { source: source.subarray(1) },
    { target: target.subarray(1) },
    { source: [...source] },
    { source: new Float32Array(source.length) },
    { target: undefined },
    { source: detached(source.slice()) },
    { target: detached(source.slice()) },
  ]
  for (const change of changes) {
    refuses(() => provider.ingest({ ...task, ...change } as never), change)
  }
  const both = new Uint8Array(source.length + 1)
  const overlapping = { source: both.subarray(1), target: both.subarray(0, source.length) }
  refuses(() => provider.ingest({ ...task, ...overlapping }))
  assert.ok(target.every((byte) => byte === 0))
}

function refuseScans(provider: KernelProvider, task: ScanTask): void {
  const out = new Float64Array(ROWS).fill(7)
  const changes: readonly Partial<Record<keyof ScanTask, unknown>>[] = [
    { dtype: 'float31' },
    { metric: task.metric === 'hamming' ? 'l2' : 'hamming' },
    { metric: 'manhattan' },
    { dimension: 0 },
    { dimension: 4097 },
    { dimension: DIMENSION + 100 },
    ...NO_COUNTS.map((dimension) => ({ dimension })),
    { query: task.query.subarray(1) },
    { query: task.rows },
    { query: new Uint8Array(0) },
    { query: [...task.query] },
    { query: detached(task.query.slice()) },
    { rows: task.rows.subarray(1) },
    { rows: undefined },
    { rows: new Uint16Array(task.rows.length) },
    { rows: detached(task.rows.slice()) },
  ]
  const ids = Uint32Array.from({ length: ROWS }, (_, i) => ROWS - 1 - i)
  const heap = emptyHeap(3)
  for (const change of changes) {
    const bad = { ...task, ...change } as ScanTask
    refuses(() => provider.distances(bad, ids, out), change)
    refuses(() => provider.distancesRange(bad, 0, out), change)
    refuses(() => provider.nearest(bad, { from: 0, to: ROWS, rowBase: 0 }, heap), change)
  }
  refuses(() => provider.distances(task, Uint32Array.of(0, ROWS), out))
  refuses(() => provider.distances(task, Uint32Array.of(0, 0xffffffff), out))
  refuses(() => provider.distances(task, ids, out.subarray(1)))
  refuses(() => provider.distances(task, [0] as never, out))
  refuses(() => provider.distances(task, ids, new Float32Array(ROWS) as never))
  for (const from of [...NO_COUNTS, 1, ROWS + 1]) {
    refuses(() => provider.distancesRange(task, from as number, out))
  }
  refuses(() => provider.distancesRange(task, 0, new Float64Array(ROWS + 1)))
  assert.ok(out.every((distance) => distance === 7))
  assert.equal(heap.count, 0)
}

function refuseRanges(provider: KernelProvider, task: ScanTask): void {
  const range: ScanRange = { from: 2, to: ROWS, rowBase: 0 }
  const heap = emptyHeap(3)
  const changes: readonly Partial<Record<keyof ScanRange, unknown>>[] = [
    ...NO_COUNTS.flatMap((bad) => [{ from: bad }, { to: bad }, { rowBase: bad }]),
    { to: ROWS + 1 },
    { to: 1 },
    { from: ROWS + 1 },
    { rowBase: 2 ** 32 },
    { rowBase: 2 ** 32 - ROWS + 1 },
    { mask: new Uint32Array(1) },
    { mask: new Uint32Array(0) },
    { mask: new Uint8Array(ROWS) },
    { mask: [0xffffffff, 0xffffffff] },
  ]
  for (const change of changes) {
    refuses(() => provider.nearest(task, { ...range, ...change } as ScanRange, heap), change)
  }
  assert.equal(heap.count, 0)
}

function refuseHeaps(provider: KernelProvider, task: ScanTask): void {
  const good = emptyHeap(3)
  const changes: readonly Partial<Record<keyof NearestHeap, unknown>>[] = [
    ...NO_COUNTS.flatMap((bad) => [{ k: bad }, { count: bad }]),
    { k: 0 },
    { k: 4 },
    { count: 4 },
    { distanceMax: Number.NaN },
    { distanceMax: '3' },
    { distances: new Float64Array(2) },
    { rows: new Uint32Array(2) },
    { distances: new Float32Array(3) },
    { rows: [0, 0, 0] },
  ]
  for (const change of changes) {
    const heap = { ...good, ...change } as NearestHeap
    refuses(() => provider.nearest(task, { from: 0, to: ROWS, rowBase: 0 }, heap), change)
  }
  assert.ok(good.distances.every((distance) => distance === 0))
}

/**
 * The same array without its memory.
 *
 * @internal
 */
export function detached<T extends NodeJS.TypedArray>(array: T): T {
  structuredClone(array, { transfer: [array.buffer as ArrayBuffer] })
  return array
}

/**
 * Fails unless a call refuses its arguments.
 *
 * @param change - what is wrong with them, for the message
 * @internal
 */
export function refuses(call: () => unknown, change: unknown = ''): void {
  assert.throws(
    call,
    (error: unknown) =>
      error instanceof Error && 'code' in error && error.code === 'SLUICE_INVALID_ARGUMENT',
    `accepted ${JSON.stringify(change)?.slice(0, 100)}`,
  )
}
