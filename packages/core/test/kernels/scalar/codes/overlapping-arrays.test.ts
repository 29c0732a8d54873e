import { expect, it } from 'vitest'
import type { CodeBound } from '../../../../src/contract/code-kernels.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import { plainSpace, rowsOf } from './code-data.js'

const BLOCK = 4 * 128 + 512
const space = plainSpace('l2', 100)

it('kernels over codes refuse to write where they read', () => {
  const overlap = /must not overlap/
  const buffer = new ArrayBuffer(2 * BLOCK + 64)
  const bytes = new Uint8Array(buffer)
  const end = (length: number, at = buffer.byteLength - length): Uint8Array =>
    bytes.subarray(at, at + length)
  const blocks = end(BLOCK)
  const tables = end(512)
  const mean = new Float32Array(buffer, 2 * BLOCK + 64 - 400, 100)
  const signs = new Float32Array(buffer, 2 * BLOCK + 64 - 1024, 256)
  const row = rowsOf(space, 1, 1)
  for (const bad of [
    { space, rows: end(400) },
    { space: { ...space, mean }, rows: row },
    { space: { ...space, signs }, rows: row },
  ]) {
    const { space, rows } = bad
    const query = rows
    expect(() => scalarKernels.encode({ space, rows, rowBase: 0, blocks })).toThrow(overlap)
    expect(() => scalarKernels.buildTables(space, query, tables)).toThrow(overlap)
    const around = { space: plainSpace('l2', 100), rows: row, rowBase: 0, blocks, centre: mean }
    expect(() => scalarKernels.encode(around)).toThrow(overlap)
    const lists = new Uint32Array(buffer, buffer.byteLength - 4, 1)
    const sums = new Float64Array(buffer, buffer.byteLength - 800, 100)
    const centroids = new Float32Array(100)
    const apart = { space, rows, centroids, blocks: new Uint8Array(BLOCK) }
    const limits = { candidatesMax: 1, margin: 0, listsPerRow: 1 as const, lists }
    expect(() => scalarKernels.assign({ ...apart, ...limits })).toThrow(overlap)
    const disjoint = {
      ...apart,
      rows: rowsOf(space, 1, 1),
      space: plainSpace('l2', 100),
      ...limits,
    }
    for (const groups of [
      { blocks, starts: Uint32Array.of(0, 1), beam: 1 },
      {
        blocks: new Uint8Array(BLOCK),
        starts: new Uint32Array(buffer, 2 * BLOCK + 56, 2),
        beam: 1,
      },
    ]) {
      new Uint32Array(buffer, 2 * BLOCK + 56, 2).set([0, 1])
      expect(() => scalarKernels.assign({ ...disjoint, groups })).toThrow(overlap)
    }
    const none = new Uint32Array(1)
    const means = { space, rows, lists: none, sums, counts: new Uint32Array(1) }
    expect(() => scalarKernels.accumulateMeans(means)).toThrow(overlap)
    const counts = { ...means, sums: new Float64Array(100), counts: lists }
    expect(() => scalarKernels.accumulateMeans(counts)).toThrow(overlap)
    expect(() => scalarKernels.accumulateMeans({ ...means, sums: sums.slice() })).not.toThrow()
  }
  const one = new Uint32Array(1)
  const sums = new Float64Array(100)
  const means = { space, rows: row, lists: one, sums, counts: one }
  expect(() => scalarKernels.accumulateMeans(means)).toThrow('counts must not overlap lists')
  expect(() => scalarKernels.packBlock(end(512), end(BLOCK))).toThrow(overlap)
  const scan = { codeDimension: 128, tables, blocks: end(BLOCK, 64), from: 0, to: 1 }
  const out = new Uint16Array(buffer, 1024, 32)
  expect(() => scalarKernels.scanSums(scan, out)).toThrow(overlap)
  const bound: CodeBound = { scale: 1, bias: 0, weight: 1, threshold: -1 }
  const apart = { rows: new Uint32Array(32), bounds: new Float32Array(32), count: 0 }
  const [rows, bounds] = [new Uint32Array(buffer, 1024, 32), new Float32Array(buffer, 1084, 32)]
  for (const bad of [{ rows }, { bounds }, { bounds: new Float32Array(apart.rows.buffer) }]) {
    expect(() => scalarKernels.scanBlocks(scan, bound, { ...apart, ...bad })).toThrow(overlap)
  }
  // Arrays side by side in one buffer are apart.
  expect(() => scalarKernels.packBlock(end(512, 0), end(BLOCK, 512))).not.toThrow()
})
