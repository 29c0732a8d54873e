/** Lists around centroids, made the plain way: what calibration needs, and no more. */

import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf, NO_ROW } from '../../../src/code-layout.js'
import type { CodeSpace, KernelProvider } from '../../../src/contract/index.js'
import { elementsPerRow, strideOf } from '../../../src/dtype.js'
import { createCodeSpace, type RowShape } from '../../../src/index/code-space.js'
import type { RowLists } from '../../../src/index/row-lists.js'

/** What lists are made of. */
export interface ListPlan {
  readonly shape: RowShape
  /** Packed rows, one after the other. */
  readonly rows: Uint8Array
  readonly listCount: number
  readonly listsPerRow: 1 | 2
  /** Rounds of k-means over all rows, from rows at even distances. */
  readonly rounds: number
  /** Whether a row counts. */
  readonly isAlive?: (row: number) => boolean
}

/** Centroids and their blocks. */
export interface Centroids {
  readonly space: CodeSpace
  readonly centroids: Float32Array
  readonly centroidBlocks: Uint8Array
}

const CHUNK_BYTES = 256 * 1024
const CANDIDATES = 16
const STEP_ROWS = 1024

/** Lists of rows. */
export function buildLists(kernels: KernelProvider, plan: ListPlan): RowLists {
  const made = trainCentroids(kernels, plan)
  const lists = assignAll(kernels, plan, made, plan.listsPerRow)
  return placeRows(kernels, plan, made, lists)
}

/** Centroids after some rounds of k-means. */
export function trainCentroids(kernels: KernelProvider, plan: ListPlan): Centroids {
  const { shape, rows, listCount } = plan
  const stride = strideOf(shape.dtype, shape.dimension)
  const rowCount = rows.length / stride
  const space = createCodeSpace(kernels, shape, [{ rows, rowCount }])
  const n = space.mean.length
  const starts = Uint32Array.from({ length: rowCount }, () => NO_ROW)
  for (let list = 0; list < listCount; list++) {
    starts[Math.floor((list * rowCount) / listCount)] = list
  }
  const centroids = new Float32Array(listCount * n)
  moveCentroids(kernels, { space, rows, lists: starts }, centroids)
  for (let round = 0; round < plan.rounds; round++) {
    const made = { space, centroids, centroidBlocks: encodeCentroids(kernels, space, centroids) }
    moveCentroids(kernels, { space, rows, lists: assignAll(kernels, plan, made, 1) }, centroids)
  }
  return { space, centroids, centroidBlocks: encodeCentroids(kernels, space, centroids) }
}

/** The lists of each row. */
export function assignAll(
  kernels: KernelProvider,
  { rows, shape }: ListPlan,
  { space, centroids, centroidBlocks }: Centroids,
  listsPerRow: 1 | 2,
): Uint32Array {
  const stride = strideOf(shape.dtype, shape.dimension)
  const rowCount = rows.length / stride
  const lists = new Uint32Array(rowCount * listsPerRow)
  for (let from = 0; from < rowCount; from += STEP_ROWS) {
    const to = Math.min(rowCount, from + STEP_ROWS)
    kernels.assign({
      space,
      rows: rows.subarray(from * stride, to * stride),
      centroids,
      blocks: centroidBlocks,
      candidatesMax: CANDIDATES,
      margin: 0.05,
      listsPerRow,
      lists: lists.subarray(from * listsPerRow, to * listsPerRow),
    })
  }
  return lists
}

/** Puts the codes of rows into their lists. */
export function placeRows(
  kernels: KernelProvider,
  plan: ListPlan,
  made: Centroids,
  lists: Uint32Array,
): RowLists {
  const { listCount, listsPerRow, shape, rows } = plan
  const rowCount = lists.length / listsPerRow
  const layout = blockLayoutOf(codeDimensionOf(shape.dtype, shape.dimension))
  const members: number[][] = Array.from({ length: listCount }, () => [])
  lists.forEach((list, i) => {
    const row = Math.floor(i / listsPerRow)
    if (list !== NO_ROW && (plan.isAlive?.(row) ?? true)) members[list]!.push(row)
  })
  const { extents, chunks } = layOut(members, layout.byteLength)
  const { space, centroids, centroidBlocks } = made
  const stride = strideOf(shape.dtype, shape.dimension)
  const elements = centroids.length / listCount
  for (const [list, numbers] of members.entries()) {
    const [chunk, first] = extents.subarray(3 * list)
    const blocks = chunks[chunk!]!.subarray(first! * layout.byteLength)
    const centre = centroids.subarray(list * elements, (list + 1) * elements)
    for (const [i, row] of numbers.entries()) {
      const code = new Uint8Array(layout.byteLength)
      const packed = rows.subarray(row * stride, (row + 1) * stride)
      kernels.encode({ space, rows: packed, rowBase: row, blocks: code, centre })
      copyLane(code, blocks, i)
    }
  }
  const counts = { rowCount, clusteredRows: rowCount, listsPerRow }
  return { space, ...counts, centroids, centroidBlocks, chunks, extents }

  /** Copies the first lane of a block. */
  function copyLane(from: Uint8Array, to: Uint8Array, toLane: number): void {
    const target = Math.floor(toLane / BLOCK_ROWS) * layout.byteLength
    const lane = toLane % BLOCK_ROWS
    for (let p = 0; p < layout.codeBytes; p++) {
      to[target + p * BLOCK_ROWS + lane] = from[p * BLOCK_ROWS]!
    }
    for (const column of [layout.factorsAt, layout.offsetsAt, layout.errorsAt, layout.rowsAt]) {
      to.set(from.subarray(column, column + 4), target + column + 4 * lane)
    }
  }
}

/** Places for lists, in whole blocks; no list spans chunks. */
function layOut(
  members: readonly number[][],
  blockBytes: number,
): { readonly extents: Uint32Array; readonly chunks: Uint8Array[] } {
  const extents = new Uint32Array(3 * members.length)
  const sizes: number[] = []
  for (const [list, { length }] of members.entries()) {
    const blocks = Math.ceil(length / BLOCK_ROWS)
    const used = sizes.at(-1)
    if (used === undefined || (used + blocks) * blockBytes > CHUNK_BYTES) sizes.push(0)
    extents.set([sizes.length - 1, sizes.at(-1)!, length], 3 * list)
    sizes[sizes.length - 1] = sizes.at(-1)! + blocks
  }
  const chunks = sizes.map((blocks) => {
    const byteLength = Math.max(1, blocks) * blockBytes
    // Lanes that do not count may hold anything.
    return new Uint8Array(new SharedArrayBuffer(byteLength)).fill(0x5a)
  })
  return { extents, chunks }
}

function moveCentroids(
  kernels: KernelProvider,
  task: { readonly space: CodeSpace; readonly rows: Uint8Array; readonly lists: Uint32Array },
  centroids: Float32Array,
): void {
  const n = task.space.mean.length
  const sums = new Float64Array(centroids.length)
  const counts = new Uint32Array(centroids.length / n)
  kernels.accumulateMeans({ ...task, sums, counts })
  for (let i = 0; i < centroids.length; i++) {
    const count = counts[Math.floor(i / n)]!
    if (count > 0) centroids[i] = sums[i]! / count
  }
}

function encodeCentroids(
  kernels: KernelProvider,
  space: CodeSpace,
  centroids: Float32Array,
): Uint8Array {
  const isComplex = space.dtype !== 'bit' && elementsPerRow(space.dtype, 1) === 2
  const n = space.mean.length
  const listCount = centroids.length / n
  const { byteLength } = blockLayoutOf(codeDimensionOf(space.dtype, space.dimension))
  const blocks = new Uint8Array(Math.ceil(listCount / BLOCK_ROWS) * byteLength)
  const rows = new Uint8Array(centroids.buffer)
  const dtype = isComplex ? 'complex64' : 'float32'
  kernels.encode({ space: { ...space, metric: 'l2', dtype }, rows, rowBase: 0, blocks })
  return blocks
}
