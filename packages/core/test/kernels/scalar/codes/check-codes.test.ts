import { describe, expect, it } from 'vitest'
import { COMBINATIONS } from '../../../../src/conformance/kernel-provider-data.js'
import type {
  AssignTask,
  CodeBound,
  CodeScan,
  CodeSpace,
  EncodeTask,
  MeansTask,
  Survivors,
} from '../../../../src/contract/code-kernels.js'
import { InvalidArgumentError } from '../../../../src/errors.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import { plainSpace, rowsOf, spaceOf } from './code-data.js'

const BLOCK = 4 * 128 + 512
const space = plainSpace('l2', 100)
const NO_COUNTS: readonly unknown[] = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null, {}]

/** Bad spaces, whatever the kernel. */
const BAD_SPACES: readonly Partial<Record<keyof CodeSpace, unknown>>[] = [
  { dtype: 'float31' },
  { dtype: undefined },
  { metric: 'hamming' },
  { metric: 'l1' },
  { dimension: 0 },
  { dimension: 4097 },
  { dimension: 101 },
  ...NO_COUNTS.map((dimension) => ({ dimension })),
  { mean: new Float32Array(99) },
  { mean: new Float32Array(128) },
  { mean: new Float64Array(100) },
  { mean: undefined },
  { signs: new Float32Array(128) },
  { signs: new Float32Array(257) },
  { signs: new Int8Array(256) },
]

/** Each change of one argument is refused, by name, and no array is written to. */
function refuses<T extends object>(
  call: (task: T) => unknown,
  task: T,
  changes: readonly Partial<Record<keyof T, unknown>>[],
): void {
  call(task)
  for (const change of changes) {
    const changed = { ...task, ...change }
    const arrays = Object.values(changed).filter((value) => ArrayBuffer.isView(value))
    const before = arrays.map((array) => Buffer.from(bytesOfView(array)))
    const name = Object.keys(change).join()
    expect(() => call(changed), name).toThrow(InvalidArgumentError)
    expect(() => call(changed), name).toThrow(/must be|does not|unknown|but there are/)
    const unchanged = arrays.every((array, i) => before[i]!.equals(bytesOfView(array)))
    expect(unchanged, name).toBe(true)
  }
}

function bytesOfView({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function badSpaces(): { space: unknown }[] {
  return BAD_SPACES.map((change) => ({ space: { ...space, ...change } }))
}

describe('arguments of code kernels', () => {
  it('encode', () => {
    const rows = rowsOf(space, 33, 1)
    const blocks = new Uint8Array(2 * BLOCK)
    const centre = new Float32Array(100)
    const task: EncodeTask = { space, rows, rowBase: 0xffffffff - 33, blocks, centre }
    refuses((changed: EncodeTask) => scalarKernels.encode(changed), task, [
      ...badSpaces(),
      { rows: rows.subarray(1) },
      { rows: rows.subarray(0, 13200 - 400 * 2) },
      { rows: new Float32Array(3300) },
      { rows: undefined },
      { blocks: blocks.subarray(1) },
      { blocks: new Uint8Array(3 * BLOCK) },
      { blocks: new Uint32Array(BLOCK / 2) },
      { rowBase: 0xffffffff - 32 },
      { centre: new Float32Array(99) },
      { centre: new Float32Array(128) },
      { centre: new Float64Array(100) },
      { centre: null },
      ...NO_COUNTS.map((rowBase) => ({ rowBase })),
    ])
  })

  it('packBlock', () => {
    const task = { codes: new Uint8Array(32 * 16), block: new Uint8Array(BLOCK) }
    refuses(({ codes, block }) => scalarKernels.packBlock(codes, block), task, [
      { codes: new Uint8Array(0) },
      { codes: new Uint8Array(32 * 12) },
      { codes: new Uint8Array(32 * 24) },
      { codes: new Uint8Array(32 * 1032) },
      { codes: new Uint8Array(511) },
      { codes: [1, 2] },
      { block: new Uint8Array(BLOCK + 1) },
      { block: new Uint8Array(512) },
      { block: undefined },
    ])
  })

  it('buildTables', () => {
    const task = { space, query: rowsOf(space, 1, 1), tables: new Uint8Array(512) }
    type Task = typeof task
    const call = ({ space, query, tables }: Task): unknown =>
      scalarKernels.buildTables(space, query, tables)
    refuses(call, task, [
      ...badSpaces(),
      { query: rowsOf(space, 2, 1) },
      { query: task.query.subarray(1) },
      { query: 'abc' },
      { tables: new Uint8Array(511) },
      { tables: new Uint8Array(513) },
      { tables: new Uint16Array(512) },
    ] as Partial<Record<keyof Task, unknown>>[])
  })

  const scan: CodeScan = {
    codeDimension: 128,
    tables: new Uint8Array(512),
    blocks: new Uint8Array(3 * BLOCK),
    from: 1,
    to: 3,
  }
  const badScans: readonly Partial<Record<keyof CodeScan, unknown>>[] = [
    { codeDimension: 0 },
    { codeDimension: 64 },
    { codeDimension: 100 },
    { codeDimension: 8256 },
    ...NO_COUNTS.map((codeDimension) => ({ codeDimension })),
    { tables: new Uint8Array(511) },
    { tables: [1] },
    { blocks: new Uint8Array(3 * BLOCK + 1) },
    { blocks: new Uint8Array(2 * BLOCK) },
    { blocks: null },
    { from: 4 },
    ...NO_COUNTS.map((from) => ({ from })),
    { to: 0 },
    { to: 4 },
    ...NO_COUNTS.map((to) => ({ to })),
  ]

  it('scanSums', () => {
    const task = { ...scan, out: new Uint16Array(64).fill(3) }
    refuses((changed: typeof task) => scalarKernels.scanSums(changed, changed.out), task, [
      ...badScans,
      { out: new Uint16Array(63) },
      { out: new Uint32Array(64) },
      { out: undefined },
    ])
  })

  it('scanBlocks', () => {
    const survivors: Survivors = {
      rows: new Uint32Array(64),
      bounds: new Float32Array(64),
      count: 0,
    }
    const bound: CodeBound = { scale: 1, bias: 0, weight: 1, threshold: -1 }
    const task = { ...scan, ...bound, ...survivors }
    const call = (changed: typeof task): unknown => {
      const { rows, bounds, count } = changed
      return scalarKernels.scanBlocks(changed, changed, { rows, bounds, count })
    }
    refuses(call, task, [
      ...badScans,
      { scale: '1' },
      { bias: undefined },
      { weight: 1n },
      { threshold: null },
      { rows: new Uint32Array(63) },
      { rows: new Float32Array(64) },
      { bounds: new Float32Array(65) },
      { bounds: new Float64Array(64) },
      { count: 65 },
      ...NO_COUNTS.map((count) => ({ count })),
    ])
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const any = { scale: number, bias: number, weight: number, threshold: number }
      expect(scalarKernels.scanBlocks(scan, any, { ...survivors })).toBe(3)
    }
  })

  it('assign', () => {
    const task: AssignTask = {
      space,
      rows: rowsOf(space, 3, 1),
      centroids: new Float32Array(40 * 100),
      blocks: new Uint8Array(2 * BLOCK),
      candidatesMax: 64,
      margin: 0,
      listsPerRow: 2,
      lists: new Uint32Array(6),
    }
    refuses((changed: AssignTask) => scalarKernels.assign(changed), task, [
      ...badSpaces(),
      { rows: task.rows.subarray(4) },
      { rows: rowsOf(space, 4, 1) },
      { centroids: new Float32Array(0) },
      { centroids: new Float32Array(4001) },
      { centroids: new Float32Array(3200) },
      { centroids: new Float64Array(4000) },
      { blocks: new Uint8Array(BLOCK) },
      { blocks: new Uint8Array(3 * BLOCK) },
      { candidatesMax: 0 },
      { candidatesMax: 65 },
      ...NO_COUNTS.map((candidatesMax) => ({ candidatesMax })),
      ...[-1, Number.NaN, Number.POSITIVE_INFINITY, '3', null, {}].map((margin) => ({ margin })),
      { listsPerRow: 0 },
      { listsPerRow: 1 },
      { listsPerRow: 3 },
      { listsPerRow: undefined },
      { lists: new Uint32Array(7) },
      { lists: new Uint32Array(5) },
      { lists: new Int32Array(6) },
    ])
  })

  it('accumulateMeans', () => {
    const task: MeansTask = {
      space,
      rows: rowsOf(space, 3, 1),
      lists: Uint32Array.of(1, 0xffffffff, 0),
      sums: new Float64Array(200),
      counts: new Uint32Array(2),
    }
    refuses((changed: MeansTask) => scalarKernels.accumulateMeans(changed), task, [
      ...badSpaces(),
      { rows: rowsOf(space, 2, 1) },
      { rows: task.rows.subarray(1) },
      { lists: Uint32Array.of(1, 2, 0) },
      { lists: Uint32Array.of(1, 0, 0xfffffffe) },
      { lists: new Uint32Array(4) },
      { lists: [0, 0, 0] },
      { sums: new Float64Array(199) },
      { sums: new Float32Array(200) },
      { counts: new Uint32Array(1) },
      { counts: new Uint32Array(3) },
      { counts: new Float64Array(2) },
    ])
    expect(() =>
      scalarKernels.accumulateMeans({ ...task, lists: Uint32Array.of(0, 2, 0) }),
    ).toThrow('lists[1] is 2, but there are 2 lists')
  })

  it('accepts the largest shapes of every dtype and metric', () => {
    for (const combination of COMBINATIONS) {
      const large = spaceOf(combination, 4096)
      const rows = rowsOf(large, 1, 1)
      const blocks = new Uint8Array(2 * large.signs.length + 512)
      scalarKernels.encode({ space: large, rows, rowBase: 0xfffffffe, blocks })
      const view = new DataView(blocks.buffer, blocks.length - 128)
      expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([0xfffffffe, 0xffffffff])
    }
  })
})
