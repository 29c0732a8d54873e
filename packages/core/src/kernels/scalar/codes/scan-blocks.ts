/**
 * Scans of blocks with a query's tables: code sums as they are, and rows that survive a bound
 * (docs/codes.md, "Estimates").
 */

import { BLOCK_ROWS, blockLayoutOf, NO_ROW } from '../../../code-layout.js'
import type { CodeBound, CodeScan, Survivors } from '../../../contract/code-kernels.js'
import { BlockColumns } from './block-columns.js'
import { sumCodes } from './code-sums.js'

const float = new Float32Array(1)
const floatBits = new Int32Array(float.buffer)

/**
 * The code sums of a checked scan.
 *
 * @internal
 */
export function scanCodeSums(scan: CodeScan, out: Uint16Array): void {
  const { byteLength } = blockLayoutOf(scan.codeDimension)
  const sums = new Uint16Array(BLOCK_ROWS)
  for (let block = scan.from; block < scan.to; block++) {
    sumCodes(scan.tables, scan.blocks, block * byteLength, sums)
    out.set(sums, (block - scan.from) * BLOCK_ROWS)
  }
}

/**
 * The rows of a checked scan that survive.
 *
 * @returns the block to go on with
 * @internal
 */
export function scanSurvivors(scan: CodeScan, bound: CodeBound, survivors: Survivors): number {
  const columns = new BlockColumns(scan.blocks, scan.codeDimension)
  const rounded = roundBound(bound)
  const sums = new Uint16Array(BLOCK_ROWS)
  for (let block = scan.from; block < scan.to; block++) {
    if (survivors.count + BLOCK_ROWS > survivors.rows.length) return block
    sumCodes(scan.tables, columns.bytes, block * columns.layout.byteLength, sums)
    addSurvivors(columns, columns.columnsAt(block), {
      sums,
      bound: rounded,
      survivors,
      laneCount: BLOCK_ROWS,
    })
  }
  return scan.to
}

/**
 * A block whose rows are looked at.
 *
 * @internal
 */
export interface BlockScan {
  /** Its code sums. */
  readonly sums: Uint16Array
  /** From {@link roundBound}. */
  readonly bound: CodeBound
  /** Room for 32 more. */
  readonly survivors: Survivors
  /** Lanes from here on do not count. */
  readonly laneCount: number
}

/**
 * Adds the rows of one block that survive.
 *
 * @param columns - all blocks
 * @param at - the element where the columns of this one start
 * @internal
 */
export function addSurvivors(
  { floats, integers }: BlockColumns,
  at: number,
  scan: BlockScan,
): void {
  const { scale, bias, weight, threshold } = scan.bound
  const { rows, bounds } = scan.survivors
  let count = scan.survivors.count
  for (let lane = 0; lane < scan.laneCount; lane++) {
    const row = integers[at + 3 * BLOCK_ROWS + lane]!
    if (row === NO_ROW) continue
    const sum = Math.fround(Math.fround(scan.sums[lane]! * scale) + bias)
    const estimate = Math.fround(Math.fround(floats[at + lane]! * sum) + floats[at + 32 + lane]!)
    const lower = Math.fround(estimate - Math.fround(weight * floats[at + 64 + lane]!))
    if (lower > threshold) continue
    rows[count] = row
    bounds[count] = lower
    count++
  }
  scan.survivors.count = count
}

/**
 * The numbers of a bound as float32: the threshold rounded up, so that no row is lost by it.
 *
 * @internal
 */
export function roundBound({ scale, bias, weight, threshold }: CodeBound): CodeBound {
  return {
    scale: Math.fround(scale),
    bias: Math.fround(bias),
    weight: Math.fround(weight),
    threshold: roundUp(threshold),
  }
}

/** The least float32 that is not below a number. */
function roundUp(value: number): number {
  float[0] = value
  if (!(float[0] < value)) return float[0]
  if (float[0] === 0) return 2 ** -149
  // Away from zero for positive numbers, towards it for negative ones and -Infinity.
  floatBits[0] = floatBits[0]! + (float[0] > 0 ? 1 : -1)
  return float[0]
}
