/** Rows to be clustered, who runs it, and what lists must be, made by scalar kernels alone. */

import fc from 'fast-check'
import { expect } from 'vitest'
import { blockLayoutOf, codeDimensionOf, NO_ROW } from '../../../src/code-layout.js'
import { COMBINATIONS, seededRows } from '../../../src/conformance/kernel-provider-data.js'
import { strideOf } from '../../../src/dtype.js'
import type { ClusterHost, ClusterInput } from '../../../src/index/cluster/cluster-input.js'
import type { RowShape } from '../../../src/index/code-space.js'
import type { RowLists, SegmentedRows } from '../../../src/index/row-lists.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'

/** Rows of a shape, as a test describes them. */
export interface Rows {
  readonly shape: RowShape
  readonly packed: Uint8Array
  readonly rowsPerSegment: number
  readonly mask?: Uint32Array | undefined
  /** Segments that were freed. */
  readonly freed?: readonly number[] | undefined
}

/** Rows in segments; those of the first ones that were freed are told by where rows begin. */
export function segmented(rows: Rows, rowCount = rowCountOf(rows)): SegmentedRows {
  const { shape, packed, rowsPerSegment, mask, freed = [] } = rows
  const stride = strideOf(shape.dtype, shape.dimension)
  const segments = Array.from({ length: Math.ceil(rowCount / rowsPerSegment) }, (_, i) => {
    const first = i * rowsPerSegment * stride
    return freed.includes(i) ? undefined : packed.subarray(first, first + rowsPerSegment * stride)
  })
  const firstRow = rowsPerSegment * Math.max(0, segments.findIndex(Boolean))
  return { segments, rowsPerSegment, firstRow, rowCount, mask: mask && maskFrom(mask, firstRow) }
}

/** The bits from one on, from the first bit of a word on. */
function maskFrom(mask: Uint32Array, first: number): Uint32Array {
  const bits = Math.max(0, 32 * mask.length - first)
  const words = new Uint32Array(Math.ceil(bits / 32))
  for (let i = 0; i < bits; i++) {
    const bit = first + i
    words[i >>> 5]! |= ((mask[bit >>> 5]! >>> (bit & 31)) & 1) << (i & 31)
  }
  return words
}

/** Packed rows of a shape. */
export function rowCountOf({ shape, packed }: Rows): number {
  return packed.length / strideOf(shape.dtype, shape.dimension)
}

/** Rows from 0 on that are alive and not freed, below `to`. */
export function aliveRows({ rowsPerSegment, mask, freed = [] }: Rows, to: number): number[] {
  return Array.from({ length: to }, (_, row) => row).filter(
    (row) =>
      !freed.includes(Math.floor(row / rowsPerSegment)) &&
      (mask === undefined || ((mask[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0),
  )
}

/** Rows in shared memory. */
export function someRows(rowCount: number, dimension = 16): Rows {
  const packed = new Uint8Array(new SharedArrayBuffer(4 * dimension * rowCount))
  packed.set(seededRows('float32', dimension, rowCount, 8))
  return { shape: { metric: 'cosine', dtype: 'float32', dimension }, packed, rowsPerSegment: 1024 }
}

/** A clustering of rows. */
export function inputOf(rows: Rows, options: Partial<ClusterInput> = {}): ClusterInput {
  const queries = new Uint8Array(0)
  return { shape: rows.shape, rows: segmented(rows), seed: 1, listsPerRow: 2, queries, ...options }
}

/** A host that hands out memory full of something else. */
export function hostOf(step: ClusterHost['step'] = async () => undefined): ClusterHost {
  return { allocate: async (byteLength) => new Uint8Array(byteLength).fill(0xaa), step }
}

/** Any dtype and metric, some hundred rows in segments, some of them dead or freed. */
export const anyRows: fc.Arbitrary<Rows> = fc
  .record({
    combination: fc.constantFrom(...COMBINATIONS),
    dimension: fc.integer({ min: 1, max: 70 }),
    rowCount: fc.integer({ min: 1, max: 260 }),
    rowsPerSegment: fc.integer({ min: 20, max: 150 }),
    seed: fc.nat(),
    dead: fc.option(fc.constantFrom(0.1, 0.5, 0.99, 1), { nil: undefined }),
    freed: fc.uniqueArray(fc.nat({ max: 4 }), { maxLength: 2 }),
  })
  .map(({ combination: [dtype, metric], dimension, rowCount, rowsPerSegment, ...rest }) => {
    const packed = seededRows(dtype, dimension, rowCount, rest.seed)
    const mask = rest.dead === undefined ? undefined : deadMask(rowCount, rest.dead, rest.seed)
    return { shape: { metric, dtype, dimension }, packed, rowsPerSegment, mask, freed: rest.freed }
  })

/** A mask in which about this share of the rows is dead. */
export function deadMask(rowCount: number, share: number, seed: number): Uint32Array {
  const mask = new Uint32Array(Math.ceil(rowCount / 32))
  const draws = new Uint32Array(seededRows('uint32', 1, rowCount, seed ^ 0x55aa).slice().buffer)
  for (let row = 0; row < rowCount; row++) {
    if (draws[row]! >= share * 2 ** 32) mask[row >>> 5]! |= 1 << (row & 31)
  }
  return mask
}

/** The blocks of each list, and the rows in them. */
export function readLists(lists: RowLists): { blocks: Uint8Array; rows: number[] }[] {
  const { byteLength, rowsAt } = blockLayoutOf(lists.space.signs.length / 2)
  return Array.from({ length: lists.extents.length / 3 }, (_, list) => {
    const [chunk = 0, first = 0, entries = 0] = lists.extents.subarray(3 * list)
    if (entries === 0) return { blocks: new Uint8Array(0), rows: [] }
    const end = first + Math.ceil(entries / 32)
    const blocks = lists.chunks[chunk]!.slice(first * byteLength, end * byteLength)
    const view = new DataView(blocks.buffer)
    const rows = Array.from({ length: entries }, (_, i) =>
      view.getUint32(Math.floor(i / 32) * byteLength + rowsAt + 4 * (i % 32), true),
    )
    return { blocks, rows }
  })
}

/** What the blocks of a list of these rows must be. */
export function blocksOf(
  { shape, packed }: Rows,
  { space, centroids }: RowLists,
  { list, rows }: { readonly list: number; readonly rows: readonly number[] },
): Uint8Array {
  const elements = space.mean.length
  const centre = centroids.subarray(list * elements, (list + 1) * elements)
  const stride = strideOf(shape.dtype, shape.dimension)
  const { byteLength, rowsAt } = blockLayoutOf(codeDimensionOf(shape.dtype, shape.dimension))
  const gathered = Buffer.concat(
    rows.map((row) => packed.subarray(row * stride, (row + 1) * stride)),
  )
  const blocks = new Uint8Array(Math.ceil(rows.length / 32) * byteLength)
  const view = new DataView(blocks.buffer)
  scalarKernels.encode({ space, rows: new Uint8Array(gathered), rowBase: 0, blocks, centre })
  rows.forEach((row, i) => {
    view.setUint32(Math.floor(i / 32) * byteLength + rowsAt + 4 * (i % 32), row, true)
  })
  return blocks
}

/** The rows of each list, as `assign` says. */
export function assigned(
  { shape, packed }: Rows,
  lists: RowLists,
  rows: readonly number[],
): number[][] {
  const { space, centroids, centroidBlocks, listsPerRow } = lists
  const stride = strideOf(shape.dtype, shape.dimension)
  const found: number[][] = Array.from({ length: centroids.length / space.mean.length }, () => [])
  const limits = { candidatesMax: 12, margin: 0.05, listsPerRow }
  for (const row of rows) {
    const own = new Uint32Array(listsPerRow)
    const bytes = packed.subarray(row * stride, (row + 1) * stride)
    const task = { space, rows: bytes, centroids, blocks: centroidBlocks, lists: own }
    scalarKernels.assign({ ...task, ...limits })
    for (const list of own) if (list !== NO_ROW) found[list]?.push(row)
  }
  return found
}

/** Fails unless lists hold exactly these rows, to the bit. */
export function expectLists(rows: Rows, lists: RowLists, members: readonly number[][]): void {
  const found = readLists(lists)
  expect(found.map((list) => list.rows)).toEqual(members)
  found.forEach(({ blocks, rows: entries }, list) => {
    expect(Buffer.compare(blocks, blocksOf(rows, lists, { list, rows: entries }))).toBe(0)
  })
  const { byteLength } = blockLayoutOf(lists.space.signs.length / 2)
  const used = lists.chunks.map(() => 0)
  members.forEach(({ length }, list) => {
    const [chunk = 0, first] = lists.extents.subarray(3 * list)
    if (length === 0) return
    expect(first).toBe(used[chunk])
    used[chunk]! += Math.ceil(length / 32)
  })
  expect(lists.chunks.map((chunk) => chunk.length)).toEqual(used.map((n) => n * byteLength))
}

/** All that lists are, as bytes. */
export function bytesOfLists(lists: RowLists): Buffer {
  const { space, centroids, centroidBlocks, chunks, extents } = lists
  const parts = [space.mean, space.signs, centroids, centroidBlocks, ...chunks, extents]
  return Buffer.concat(
    parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
  )
}
