/** Part of the kernel suite: calls over codes that make no sense throw, and nothing is written. */

import assert from 'node:assert/strict'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf, NO_ROW } from '../code-layout.js'
import type {
  AssignTask,
  CentroidGroups,
  CodeBound,
  CodeScan,
  CodeSpace,
  EncodeTask,
  MeansTask,
  Survivors,
} from '../contract/code-kernels.js'
import { encoded, seededSpace } from './kernel-provider-codes-data.js'
import { seededScan } from './kernel-provider-codes-scan.js'
import { type KernelSubject, seededRows } from './kernel-provider-data.js'
import { detached, NO_COUNTS, refuses } from './kernel-provider-refusals.js'

const ROWS = 40
const DIMENSION = 12
const CODE_DIMENSION = codeDimensionOf('float32', DIMENSION)
const BLOCK_BYTES = blockLayoutOf(CODE_DIMENSION).byteLength
const CENTROIDS = 5

type Changes<T> = readonly Partial<Record<keyof T, unknown>>[]

/**
 * Registers the tests of refusals.
 *
 * @internal
 */
export function codeRefusalTests(subject: KernelSubject): void {
  const { it } = subject
  it('encode refuses wrong shapes and writes nothing', () => refuseEncode(subject))
  it('packBlock refuses wrong shapes and writes nothing', () => refusePacking(subject))
  it('buildTables refuses wrong shapes and writes nothing', () => refuseTables(subject))
  it('scans of blocks refuse wrong shapes and write nothing', () => refuseScans(subject))
  it('scanBlocks refuses wrong bounds and survivors and adds nothing', () => {
    refuseSurvivors(subject)
  })
  it('assign refuses wrong shapes and writes nothing', () => refuseAssign(subject))
  it('accumulateMeans refuses wrong shapes and adds nothing', () => refuseMeans(subject))
}

function goodSpace({ codes }: KernelSubject): CodeSpace {
  return seededSpace(codes, ['float32', 'l2'], DIMENSION, 1)
}

function badSpaces(space: CodeSpace): CodeSpace[] {
  const { mean, signs } = space
  const changes: Changes<CodeSpace> = [
    { metric: 'manhattan' },
    { metric: 'hamming' },
    { dtype: 'float31' },
    { dtype: 'bit' },
    ...[0, 4097, DIMENSION + 1, ...NO_COUNTS].map((dimension) => ({ dimension })),
    ...badArrays(mean, new Float64Array(mean.length)).map((bad) => ({ mean: bad })),
    ...badArrays(signs, new Float64Array(signs.length)).map((bad) => ({ signs: bad })),
  ]
  return changes.map((change) => ({ ...space, ...change }) as CodeSpace)
}

/** Too short, too long, of another type, no array, and without its memory. */
function badArrays<T extends Uint8Array | Uint32Array | Float32Array | Float64Array>(
  good: T,
  otherType: unknown,
): unknown[] {
  const longer = new (good.constructor as new (length: number) => T)(good.length + 1)
  return [good.subarray(1), longer, otherType, [...good], undefined, null, detached(good.slice())]
}

function refuseEncode(subject: KernelSubject): void {
  const { provider } = subject
  const rows = seededRows('float32', DIMENSION, ROWS, 1)
  const blocks = new Uint8Array(2 * BLOCK_BYTES)
  const space = goodSpace(subject)
  const centre = space.mean.slice()
  const task: EncodeTask = { space, rows, rowBase: 0, blocks, centre }
  const changes: Changes<EncodeTask> = [
    ...badSpaces(task.space).map((space) => ({ space })),
    ...badArrays(rows, new Float32Array(rows.buffer)).map((bad) => ({ rows: bad })),
    ...[...NO_COUNTS, 2 ** 32, 2 ** 32 - ROWS + 1].map((rowBase) => ({ rowBase })),
    ...badArrays(blocks, new Uint32Array(blocks.length)).map((bad) => ({ blocks: bad })),
    { blocks: blocks.subarray(BLOCK_BYTES) },
    ...badArrays(centre, new Float64Array(centre.length))
      .filter((bad) => bad !== undefined)
      .map((bad) => ({ centre: bad })),
    { centre: new Float32Array(blocks.buffer, 4, DIMENSION) },
    { blocks: new Uint8Array(3 * BLOCK_BYTES) },
  ]
  for (const change of changes) {
    refuses(() => provider.encode({ ...task, ...change } as never), change)
  }
  assert.ok(blocks.every((byte) => byte === 0))
}

function refusePacking({ provider }: KernelSubject): void {
  const codes = new Uint8Array(4 * CODE_DIMENSION).fill(1)
  const block = new Uint8Array(BLOCK_BYTES)
  const otherType = new Uint16Array(codes.length)
  for (const bad of badArrays(codes, otherType)) {
    refuses(() => provider.packBlock(bad as never, block))
  }
  for (const bad of badArrays(block, otherType)) {
    refuses(() => provider.packBlock(codes, bad as never))
  }
  refuses(() => provider.packBlock(new Uint8Array(0), block.subarray(0, 512)))
  refuses(() => provider.packBlock(codes.subarray(128), block.subarray(128)))
  assert.ok(block.every((byte) => byte === 0))
}

function refuseTables(subject: KernelSubject): void {
  const { provider } = subject
  const space = goodSpace(subject)
  const query = seededRows('float32', DIMENSION, 1, 1)
  const tables = new Uint8Array(4 * CODE_DIMENSION)
  const otherType = new Uint32Array(tables.length)
  for (const bad of badSpaces(space)) refuses(() => provider.buildTables(bad, query, tables), bad)
  for (const bad of [...badArrays(query, otherType), new Uint8Array(2 * query.length)]) {
    refuses(() => provider.buildTables(space, bad as never, tables))
  }
  for (const bad of badArrays(tables, otherType)) {
    refuses(() => provider.buildTables(space, query, bad as never))
  }
  assert.ok(tables.every((byte) => byte === 0))
}

function refuseScans({ provider }: KernelSubject): void {
  const scan: CodeScan = { ...seededScan(CODE_DIMENSION, 3, 1), from: 1 }
  const { tables, blocks } = scan
  const codeDimensions = [0, 63, 65, 8256, 2 ** 32, CODE_DIMENSION * 2, ...NO_COUNTS]
  const changes: Changes<CodeScan> = [
    ...codeDimensions.map((codeDimension) => ({ codeDimension })),
    ...badArrays(tables, new Uint16Array(tables.length)).map((bad) => ({ tables: bad })),
    ...badArrays(blocks, new Uint16Array(blocks.length)).map((bad) => ({ blocks: bad })),
    ...NO_COUNTS.flatMap((bad) => [{ from: bad }, { to: bad }]),
    ...[{ from: 4 }, { to: 4 }, { to: 0 }, { from: 3, to: 2 }, { to: 2 ** 32 + 3 }],
  ]
  const out = new Uint16Array(3 * BLOCK_ROWS)
  const survivors = emptySurvivors()
  const bound: CodeBound = { scale: 1, bias: 0, weight: 0, threshold: Number.POSITIVE_INFINITY }
  for (const change of changes) {
    const bad = { ...scan, ...change } as CodeScan
    refuses(() => provider.scanSums(bad, out), change)
    refuses(() => provider.scanBlocks(bad, bound, survivors), change)
  }
  for (const bad of [
    out.subarray(0, 63),
    new Uint32Array(96),
    [0],
    undefined,
    detached(out.slice()),
  ]) {
    refuses(() => provider.scanSums(scan, bad as never))
  }
  assert.ok(out.every((sum) => sum === 0))
  assert.equal(survivors.count, 0)
}

function emptySurvivors(): Survivors {
  return { rows: new Uint32Array(100), bounds: new Float32Array(100), count: 0 }
}

function refuseSurvivors({ provider }: KernelSubject): void {
  const scan = seededScan(CODE_DIMENSION, 3, 1)
  const good = emptySurvivors()
  const { rows, bounds } = good
  const bound: CodeBound = { scale: 1, bias: 0, weight: 0, threshold: Number.POSITIVE_INFINITY }
  const boundChanges: Changes<CodeBound> = ['1', undefined, null, {}].flatMap((bad) => [
    { scale: bad },
    { bias: bad },
    { weight: bad },
    { threshold: bad },
  ])
  for (const change of boundChanges) {
    const bad = { ...bound, ...change } as CodeBound
    refuses(() => provider.scanBlocks(scan, bad, good), change)
  }
  const changes: Changes<Survivors> = [
    { rows: rows.subarray(0, 31), bounds: bounds.subarray(0, 31) },
    ...badArrays(rows, new Int32Array(100)).map((bad) => ({ rows: bad })),
    ...badArrays(bounds, new Float64Array(100)).map((bad) => ({ bounds: bad })),
    ...[...NO_COUNTS, 101, 2 ** 32, 2 ** 32 + 1].map((count) => ({ count })),
  ]
  for (const change of changes) {
    const survivors = { ...good, ...change } as Survivors
    refuses(() => provider.scanBlocks(scan, bound, survivors), change)
  }
  assert.ok(rows.every((row) => row === 0))
  assert.ok(bounds.every((value) => value === 0))
}

function refuseAssign(subject: KernelSubject): void {
  const { codes, provider } = subject
  const space = goodSpace(subject)
  const rows = seededRows('float32', DIMENSION, ROWS, 1)
  const centroidRows = seededRows('float32', DIMENSION, CENTROIDS, 2)
  const blocks = encoded(codes, space, centroidRows)
  const centroids = new Float32Array(centroidRows.buffer)
  const lists = new Uint32Array(ROWS).fill(9)
  const options = { candidatesMax: 3, margin: 0.1, listsPerRow: 1 } as const
  const task: AssignTask = { space, rows, centroids, blocks, lists, ...options }
  const changes: Changes<AssignTask> = [
    ...badSpaces(space).map((bad) => ({ space: bad })),
    ...badArrays(rows, new Float32Array(rows.buffer)).map((bad) => ({ rows: bad })),
    ...badArrays(centroids, new Float64Array(60)).map((bad) => ({ centroids: bad })),
    ...badArrays(blocks, new Uint32Array(blocks.length)).map((bad) => ({ blocks: bad })),
    ...badArrays(lists, new Int32Array(ROWS)).map((bad) => ({ lists: bad })),
    ...[0, 65, ...NO_COUNTS].map((candidatesMax) => ({ candidatesMax })),
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, '1', undefined].map((margin) => ({ margin })),
    ...[0, 2, 3, ...NO_COUNTS].map((listsPerRow) => ({ listsPerRow })),
    { centroids: new Float32Array(33 * DIMENSION) },
    { centroids: new Float32Array(0), blocks: new Uint8Array(0) },
    { blocks: new Uint8Array(2 * BLOCK_BYTES) },
    { lists: new Uint32Array(2 * ROWS) },
  ]
  const groups = goodGroups(blocks)
  provider.assign({ ...task, groups, lists: new Uint32Array(ROWS) })
  for (const change of [...changes, ...badGroups(groups)]) {
    refuses(() => provider.assign({ ...task, ...change } as never), change)
  }
  assert.ok(lists.every((list) => list === 9))
}

/** Any blocks will do as those of the means. */
function goodGroups(blocks: Uint8Array): CentroidGroups {
  return { blocks, starts: Uint32Array.of(0, 2, CENTROIDS), beam: 2 }
}

function badGroups(groups: CentroidGroups): Changes<AssignTask> {
  const { blocks, starts } = groups
  const changes: Changes<CentroidGroups> = [
    ...badArrays(blocks, new Uint32Array(blocks.length)).map((bad) => ({ blocks: bad })),
    ...badArrays(starts, new Int32Array(starts)).map((bad) => ({ starts: bad })),
    ...[0, 65, ...NO_COUNTS].map((beam) => ({ beam })),
    { blocks: new Uint8Array(2 * BLOCK_BYTES) },
    { blocks: undefined, starts: undefined },
    { blocks: undefined, starts: undefined, beam: 0 },
    ...[[], [0], [CENTROIDS], [0, 2], [0, CENTROIDS + 1], [1, CENTROIDS], [0, 2, 2, CENTROIDS]].map(
      (bad) => ({ starts: Uint32Array.from(bad) }),
    ),
    ...[
      [0, 3, 2, CENTROIDS],
      [0, 2, CENTROIDS, 0],
      [0, NO_ROW, CENTROIDS],
    ].map((bad) => ({
      starts: Uint32Array.from(bad),
    })),
    { starts: Uint32Array.from({ length: 34 }, (_, i) => i) },
  ]
  const bad = changes.map((change) => ({ groups: { ...groups, ...change } }))
  return [...bad, { groups: null }, { groups: 3 }, { groups: {} }, { groups: [] }]
}

function refuseMeans(subject: KernelSubject): void {
  const { provider } = subject
  const space = goodSpace(subject)
  const rows = seededRows('float32', DIMENSION, ROWS, 1)
  const lists = Uint32Array.from({ length: ROWS }, (_, i) => (i === 3 ? NO_ROW : i % CENTROIDS))
  const sums = new Float64Array(CENTROIDS * DIMENSION)
  const counts = new Uint32Array(CENTROIDS)
  const task: MeansTask = { space, rows, lists, sums, counts }
  const changes: Changes<MeansTask> = [
    ...badSpaces(space).map((bad) => ({ space: bad })),
    ...badArrays(rows, new Float32Array(rows.buffer)).map((bad) => ({ rows: bad })),
    ...badArrays(lists, new Int32Array(ROWS)).map((bad) => ({ lists: bad })),
    ...badArrays(sums, new Float32Array(sums.length)).map((bad) => ({ sums: bad })),
    ...badArrays(counts, new Int32Array(CENTROIDS)).map((bad) => ({ counts: bad })),
    { lists: lists.with(ROWS - 1, CENTROIDS) },
    { lists: lists.with(ROWS - 1, NO_ROW - 1) },
  ]
  for (const change of changes) {
    refuses(() => provider.accumulateMeans({ ...task, ...change } as never), change)
  }
  assert.ok(sums.every((sum) => sum === 0))
  assert.ok(counts.every((count) => count === 0))
}
