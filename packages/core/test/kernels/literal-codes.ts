/**
 * The kernels over codes, docs/codes.md read word for word: what the scalar kernels are compared
 * with. Arguments must be good.
 */

import { BLOCK_ROWS, type BlockLayout, blockLayoutOf, NO_ROW } from '../../src/code-layout.js'
import type {
  AssignTask,
  CodeBound,
  CodeKernels,
  CodeScan,
  CodeSpace,
  MeansTask,
  QueryTerms,
  Survivors,
} from '../../src/contract/code-kernels.js'
import {
  compare,
  dimensionsOf,
  f32,
  innerProduct,
  type LiteralRow,
  leastOf,
  literalRow,
  nanLast,
  padded,
  rotated,
  rowOf,
  runOf,
  sum64,
  viewOf,
} from './literal-arithmetic.js'
import { literalEncode } from './literal-encode.js'

/** The kernels over codes as they are specified. */
export const literalCodes: CodeKernels = {
  encode: literalEncode,
  packBlock,
  buildTables,
  scanSums,
  scanBlocks,
  assign,
  accumulateMeans,
}

function packBlock(codes: Uint8Array, block: Uint8Array): void {
  const codeBytes = codes.length / BLOCK_ROWS
  codes.forEach((byte, i) => {
    block[(i % codeBytes) * BLOCK_ROWS + Math.floor(i / codeBytes)] = byte
  })
}

function buildTables(space: CodeSpace, query: Uint8Array, tables: Uint8Array): QueryTerms {
  return tablesOf(space, literalRow(space, query), tables)
}

function tablesOf(space: CodeSpace, row: LiteralRow, tables: Uint8Array): QueryTerms {
  const size = dimensionsOf(space)
  const q = rotated(space, row.r).map((value) => value / runOf(space))
  const magnitudes = q.map(Math.abs)
  const weights = Float32Array.from({ length: size / 4 }, (_, g) => tableEntry(magnitudes, g))
  const M = f32(2 * Math.max(...weights))
  const usable = M >= 2 ** -100 && M <= 2 ** 120
  const levels = levelsOf(size)
  const factor = f32(levels / M)
  tables.fill(0)
  weights.forEach((weight, g) => {
    for (let j = 0; usable && j < 16; j++) {
      const entry = nearestEven(f32(f32(tableEntry(q, g, j) + weight) * factor))
      tables[16 * g + j] = Math.max(0, Math.min(levels, entry))
    }
  })
  const cr = innerProduct(padded(space, space.mean), row.r)
  const first = { cosine: 1, dot: 0, l2: undefined, hamming: undefined }[space.metric]
  return {
    scale: usable ? f32(M / levels) : 0,
    bias: usable ? -sum64(magnitudes) : 0,
    norm: usable || M === 0 ? f32(Math.sqrt(row.squared)) : Number.POSITIVE_INFINITY,
    constant: first === undefined ? row.squared : f32(first - cr),
  }
}

/** Entries of tables are at most this. */
export function levelsOf(codeDimension: number): number {
  return Math.min(63, Math.floor(65_535 / (codeDimension / 4)))
}

/** `((±q0) + (±q1)) + ((±q2) + (±q3))` of table `g`; all plus where `j` is not given. */
function tableEntry(q: Float32Array, g: number, j = 15): number {
  const signed = (i: number): number => ((j >> i) & 1 ? q[4 * g + i]! : -q[4 * g + i]!)
  return f32(f32(signed(0) + signed(1)) + f32(signed(2) + signed(3)))
}

function nearestEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}

function scanSums({ codeDimension, tables, blocks, from, to }: CodeScan, out: Uint16Array): void {
  const { byteLength, codeBytes } = blockLayoutOf(codeDimension)
  for (let i = 0; i < (to - from) * BLOCK_ROWS; i++) {
    const at = (from + Math.floor(i / BLOCK_ROWS)) * byteLength + (i % BLOCK_ROWS)
    let sum = 0
    for (let p = 0; p < codeBytes; p++) {
      const byte = blocks[at + p * BLOCK_ROWS]!
      sum += tables[32 * p + (byte & 15)]! + tables[32 * p + 16 + (byte >> 4)]!
    }
    out[i] = sum
  }
}

function scanBlocks(scan: CodeScan, bound: CodeBound, survivors: Survivors): number {
  const layout = blockLayoutOf(scan.codeDimension)
  const { rows, bounds } = survivors
  const view = viewOf(scan.blocks)
  const sums = new Uint16Array(BLOCK_ROWS)
  const threshold = roundedUp(bound.threshold)
  for (let block = scan.from; block < scan.to; block++) {
    if (survivors.count + BLOCK_ROWS > rows.length) return block
    scanSums({ ...scan, from: block, to: block + 1 }, sums)
    for (let lane = 0; lane < BLOCK_ROWS; lane++) {
      const at = block * layout.byteLength + 4 * lane
      const row = view.getUint32(at + layout.rowsAt, true)
      const slack = f32(f32(bound.weight) * view.getFloat32(at + layout.errorsAt, true))
      const lower = f32(estimate(view, layout, { at, sum: sums[lane]!, ...bound }) - slack)
      if (row === NO_ROW || lower > threshold) continue
      rows[survivors.count] = row
      bounds[survivors.count++] = lower
    }
  }
  return scan.to
}

/** The least float32 that is not below a number. */
function roundedUp(value: number): number {
  const float = new Float32Array([value])
  const bits = new Int32Array(float.buffer)
  // The bits of negative floats count down.
  if (float[0]! < value) bits[0] = bits[0]! + (value > 0 ? 1 : -1)
  return float[0]!
}

interface LaneSum {
  /** Where the block starts, and four bytes for each lane. */
  readonly at: number
  readonly sum: number
  readonly scale: number
  readonly bias: number
}

/** `F S + A` of a lane. */
function estimate(view: DataView, layout: BlockLayout, { at, sum, scale, bias }: LaneSum): number {
  const S = f32(f32(sum * f32(scale)) + f32(bias))
  const F = view.getFloat32(at + layout.factorsAt, true)
  return f32(f32(F * S) + view.getFloat32(at + layout.offsetsAt, true))
}

function assign(task: AssignTask): void {
  const { space, rows, listsPerRow, lists } = task
  for (let row = 0; row < lists.length / listsPerRow; row++) {
    const nearest = nearestLists(task, literalRow(space, rowOf(space, rows, row)))
    lists.set(nearest.slice(0, listsPerRow), row * listsPerRow)
  }
}

/** The nearest centroid, and the one that complements it best. */
function nearestLists(task: AssignTask, row: LiteralRow): [number, number] {
  const { space, centroids } = task
  const n = space.mean.length
  const differences = (k: number): Float32Array => {
    const centroid = padded(space, centroids.subarray(k * n, (k + 1) * n))
    return row.u.map((value, i) => value - centroid[i]!)
  }
  const candidates = candidatesOf(task, row)
  const distances = candidates.map((k) => innerProduct(differences(k), differences(k)))
  const first = candidates[leastOf(candidates, distances)]!
  const dFirst = distances[candidates.indexOf(first)]!
  const others = candidates.filter((k) => k !== first)
  const losses = others.map((k) => {
    const p = innerProduct(differences(first), differences(k))
    const d = distances[candidates.indexOf(k)]!
    return dFirst === 0 ? d : f32(d + f32(2 * f32(f32(p * p) / dFirst)))
  })
  return [first, others.length === 0 ? NO_ROW : others[leastOf(others, losses)]!]
}

function candidatesOf(task: AssignTask, row: LiteralRow): number[] {
  const { space, centroids, blocks, candidatesMax, margin, listsPerRow } = task
  const estimates = estimatesOf(space, row, blocks, centroids.length / space.mean.length)
  const near = nearBlocks(task, row)
  const ranks = estimates
    .map((_, k) => k)
    .filter((k) => near === undefined || near.has(Math.floor(k / BLOCK_ROWS)))
    .sort((a, b) => compare(estimates[a]!, estimates[b]!))
  const worst = f32(estimates[ranks[0]!]! + f32(2 * f32(margin) * row.squared))
  const best = ranks.slice(0, candidatesMax)
  return listsPerRow === 2 ? best : best.filter((k) => !(estimates[k]! > worst))
}

/** Blocks that hold a member of one of the nearest groups, where there are groups. */
function nearBlocks({ space, groups }: AssignTask, row: LiteralRow): Set<number> | undefined {
  if (groups === undefined) return undefined
  const { blocks, starts, beam } = groups
  const estimates = estimatesOf(space, row, blocks, starts.length - 1)
  const ranks = estimates.map((_, g) => g).sort((a, b) => compare(estimates[a]!, estimates[b]!))
  const near = new Set<number>()
  for (const g of ranks.slice(0, beam)) {
    for (let k = starts[g]!; k < starts[g + 1]!; k++) near.add(Math.floor(k / BLOCK_ROWS))
  }
  return near
}

/** `F S + A` of the first `count` lanes, with NaN as infinite. */
function estimatesOf(
  space: CodeSpace,
  row: LiteralRow,
  blocks: Uint8Array,
  count: number,
): number[] {
  const layout = blockLayoutOf(dimensionsOf(space))
  const tables = new Uint8Array(4 * dimensionsOf(space))
  const { scale, bias } = tablesOf(space, row, tables)
  const to = blocks.length / layout.byteLength
  const sums = new Uint16Array(to * BLOCK_ROWS)
  scanSums({ codeDimension: dimensionsOf(space), tables, blocks, from: 0, to }, sums)
  const view = viewOf(blocks)
  return Array.from({ length: count }, (_, k) => {
    const at = Math.floor(k / BLOCK_ROWS) * layout.byteLength + 4 * (k % BLOCK_ROWS)
    return nanLast(estimate(view, layout, { at, sum: sums[k]!, scale, bias }))
  })
}

function accumulateMeans({ space, rows, lists, sums, counts }: MeansTask): void {
  const n = space.mean.length
  lists.forEach((list, row) => {
    if (list === NO_ROW) return
    const { u } = literalRow(space, rowOf(space, rows, row))
    for (let i = 0; i < n; i++) sums[list * n + i] = sums[list * n + i]! + u[i]!
    counts[list] = counts[list]! + 1
  })
}
