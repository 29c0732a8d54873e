/**
 * Argument checks of the kernels over codes. They run before anything is written, so a kernel that
 * throws has changed nothing. Signs are not looked at, nor the entries of tables: wrong ones make
 * wrong codes and sums, and no more.
 */

import { BLOCK_ROWS, blockLayoutOf, NO_ROW } from '../../../code-layout.js'
import type {
  AssignTask,
  CentroidGroups,
  CodeBound,
  CodeScan,
  CodeSpace,
  EncodeTask,
  MeansTask,
  Survivors,
} from '../../../contract/code-kernels.js'
import { LIMITS } from '../../../limits.js'
import {
  checkApart,
  checkArray,
  checkEqual,
  checkInteger,
  checkMetric,
  checkShape,
  ROW_MAX,
  reject,
} from '../check-argument.js'
import { type CodeShape, codeShapeOf } from './code-shape.js'

/** Dimensions of codes come in steps of this. */
const CODE_DIMENSION_STEP = 64
/** Complex rows have two numbers a dimension. */
const CODE_DIMENSION_MAX = 2 * LIMITS.dimensionMax
const CANDIDATES_MAX = 64
const BEAM_MAX = 64

/**
 * Checks a task for `encode`.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkEncodeTask({ space, rows, rowBase, blocks, centre }: EncodeTask): void {
  const shape = checkSpace(space)
  const rowCount = checkRows(rows, shape)
  checkInteger('rowBase', rowBase, 0, ROW_MAX)
  checkInteger('rowBase + rowCount', rowBase + rowCount, 0, ROW_MAX)
  checkBlocks(blocks, shape.codeDimension, rowCount)
  checkApart('blocks', blocks, { rows, mean: space.mean, signs: space.signs })
  if (centre === undefined) return
  checkArray('centre', centre, Float32Array)
  checkEqual('centre.length', centre.length, shape.elements)
  checkApart('blocks', blocks, { centre })
}

/**
 * Checks the arguments of `packBlock`.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkPacking(codes: Uint8Array, block: Uint8Array): void {
  checkArray('codes', codes, Uint8Array)
  checkArray('block', block, Uint8Array)
  const codeDimension = (codes.byteLength / BLOCK_ROWS) * 8
  checkCodeDimension('dimensions of codes', codeDimension)
  checkEqual('block.byteLength', block.byteLength, blockLayoutOf(codeDimension).byteLength)
  checkApart('block', block, { codes })
}

/**
 * Checks the arguments of `buildTables`.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkQuery(space: CodeSpace, query: Uint8Array, tables: Uint8Array): void {
  const { stride, codeDimension } = checkSpace(space)
  checkArray('query', query, Uint8Array)
  checkEqual('query.byteLength', query.byteLength, stride)
  checkTables(tables, codeDimension)
  checkApart('tables', tables, { query, mean: space.mean, signs: space.signs })
}

/**
 * Checks a scan.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkCodeScan({ codeDimension, tables, blocks, from, to }: CodeScan): void {
  checkCodeDimension('codeDimension', codeDimension)
  checkTables(tables, codeDimension)
  checkArray('blocks', blocks, Uint8Array)
  const blockCount = blocks.byteLength / blockLayoutOf(codeDimension).byteLength
  checkInteger('blocks.byteLength / bytes of a block', blockCount, 0, ROW_MAX)
  checkInteger('from', from, 0, blockCount)
  checkInteger('to', to, from, blockCount)
}

/**
 * Checks the room for the code sums of a checked scan.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkSums({ from, to, tables, blocks }: CodeScan, out: Uint16Array): void {
  checkArray('out', out, Uint16Array)
  checkInteger('out.length', out.length, BLOCK_ROWS * (to - from), Number.MAX_SAFE_INTEGER)
  checkApart('out', out, { tables, blocks })
}

/**
 * Checks a bound, whose numbers may be anything, and the room for survivors.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkSurvivors(
  { tables, blocks }: CodeScan,
  bound: CodeBound,
  survivors: Survivors,
): void {
  for (const name of ['scale', 'bias', 'weight', 'threshold'] as const) {
    checkNumber(name, bound[name])
  }
  const { rows, bounds, count } = survivors
  checkArray('survivors.rows', rows, Uint32Array)
  checkArray('survivors.bounds', bounds, Float32Array)
  checkInteger('survivors.rows.length', rows.length, BLOCK_ROWS, Number.MAX_SAFE_INTEGER)
  checkEqual('survivors.bounds.length', bounds.length, rows.length)
  checkInteger('survivors.count', count, 0, rows.length)
  checkApart('survivors.rows', rows, { tables, blocks, bounds })
  checkApart('survivors.bounds', bounds, { tables, blocks })
}

/**
 * Checks a task for `assign`.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkAssignTask(task: AssignTask): void {
  const { space, rows, centroids, blocks, candidatesMax, margin, listsPerRow, lists } = task
  const shape = checkSpace(space)
  const rowCount = checkRows(rows, shape)
  checkArray('centroids', centroids, Float32Array)
  const centroidCount = centroids.length / shape.elements
  checkInteger('centroids.length / numbers of a row', centroidCount, 1, ROW_MAX)
  checkBlocks(blocks, shape.codeDimension, centroidCount)
  checkInteger('candidatesMax', candidatesMax, 1, CANDIDATES_MAX)
  checkNumber('margin', margin)
  if (!(margin >= 0 && margin < Number.POSITIVE_INFINITY)) {
    reject(`margin must be finite and not negative, not ${margin}`, { margin })
  }
  checkInteger('listsPerRow', listsPerRow, 1, 2)
  checkArray('lists', lists, Uint32Array)
  checkEqual('lists.length', lists.length, rowCount * listsPerRow)
  const { mean, signs } = space
  checkApart('lists', lists, { rows, centroids, blocks, mean, signs })
  if (task.groups === undefined) return
  checkGroups(task.groups, shape.codeDimension, centroidCount)
  const { blocks: groupBlocks, starts } = task.groups
  checkApart('lists', lists, { groupBlocks, starts })
}

function checkGroups(groups: CentroidGroups, codeDimension: number, centroidCount: number): void {
  if (typeof groups !== 'object' || groups === null) {
    reject(`groups must be an object, not ${String(groups)}`, { groups })
  }
  const { blocks, starts, beam } = groups
  checkArray('groups.starts', starts, Uint32Array)
  checkInteger('groups.starts.length', starts.length, 2, ROW_MAX)
  const groupCount = starts.length - 1
  checkBlocks(blocks, codeDimension, groupCount, 'groups.blocks')
  checkInteger('groups.beam', beam, 1, BEAM_MAX)
  checkEqual('groups.starts[0]', starts[0]!, 0)
  for (let i = 1; i <= groupCount; i++) {
    if (starts[i]! > starts[i - 1]!) continue
    const actual = starts[i]
    reject(`groups.starts must be ascending, but number ${i} is ${actual}`, { i, actual })
  }
  checkEqual(`groups.starts[${groupCount}]`, starts[groupCount]!, centroidCount)
}

/**
 * Checks a task for `accumulateMeans`.
 *
 * @throws {@link InvalidArgumentError} naming the first row whose list is not there
 * @internal
 */
export function checkMeansTask({ space, rows, lists, sums, counts }: MeansTask): void {
  const shape = checkSpace(space)
  const rowCount = checkRows(rows, shape)
  checkArray('lists', lists, Uint32Array)
  checkArray('sums', sums, Float64Array)
  checkArray('counts', counts, Uint32Array)
  checkEqual('lists.length', lists.length, rowCount)
  const listCount = counts.length
  checkEqual('sums.length', sums.length, listCount * shape.elements)
  const { mean, signs } = space
  checkApart('sums', sums, { rows, lists, counts, mean, signs })
  checkApart('counts', counts, { rows, lists, mean, signs })
  for (let row = 0; row < lists.length; row++) {
    const list = lists[row]!
    if (list >= listCount && list !== NO_ROW) {
      reject(`lists[${row}] is ${list}, but there are ${listCount} lists`, { row, list, listCount })
    }
  }
}

/**
 * Checks a space.
 *
 * @returns its sizes
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkSpace(space: CodeSpace): CodeShape {
  checkShape(space.dtype, space.dimension)
  checkMetric(space)
  const shape = codeShapeOf(space)
  checkArray('mean', space.mean, Float32Array)
  checkArray('signs', space.signs, Float32Array)
  checkEqual('mean.length', space.mean.length, shape.elements)
  checkEqual('signs.length', space.signs.length, 2 * shape.codeDimension)
  return shape
}

function checkRows(rows: Uint8Array, { stride }: CodeShape): number {
  checkArray('rows', rows, Uint8Array)
  const rowCount = rows.byteLength / stride
  checkInteger('rows.byteLength / bytes of a row', rowCount, 0, ROW_MAX)
  return rowCount
}

/**
 * Checks that there is a block for every 32 rows begun.
 *
 * @throws {@link InvalidArgumentError} naming how many bytes there should be
 * @internal
 */
export function checkBlocks(
  blocks: Uint8Array,
  codeDimension: number,
  rowCount: number,
  name: string = 'blocks',
): void {
  checkArray(name, blocks, Uint8Array)
  const blockCount = Math.ceil(rowCount / BLOCK_ROWS)
  const { byteLength } = blockLayoutOf(codeDimension)
  checkEqual(`${name}.byteLength`, blocks.byteLength, blockCount * byteLength)
}

function checkTables(tables: Uint8Array, codeDimension: number): void {
  checkArray('tables', tables, Uint8Array)
  checkEqual('tables.byteLength', tables.byteLength, 4 * codeDimension)
}

function checkCodeDimension(name: string, value: number): void {
  checkInteger(name, value, CODE_DIMENSION_STEP, CODE_DIMENSION_MAX)
  if (value % CODE_DIMENSION_STEP !== 0) {
    reject(`${name} must be a multiple of ${CODE_DIMENSION_STEP}, not ${value}`, { name, value })
  }
}

/**
 * Checks that a value is a number, any at all.
 *
 * @throws {@link InvalidArgumentError} naming it
 * @internal
 */
export function checkNumber(name: string, value: number): void {
  if (typeof value !== 'number') reject(`${name} must be a number, not ${String(value)}`, { name })
}
