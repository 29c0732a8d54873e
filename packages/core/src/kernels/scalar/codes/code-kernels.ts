/** The kernels over codes in plain JavaScript: arguments checked, then handed on. */

import type {
  AssignTask,
  CodeBound,
  CodeKernels,
  CodeScan,
  CodeSpace,
  EncodeTask,
  MeansTask,
  QueryTerms,
  Survivors,
} from '../../../contract/code-kernels.js'
import { accumulateRows } from './accumulate-means.js'
import { assignRows } from './assign-rows.js'
import {
  checkAssignTask,
  checkCodeScan,
  checkEncodeTask,
  checkMeansTask,
  checkPacking,
  checkQuery,
  checkSums,
  checkSurvivors,
} from './check-codes.js'
import { encodeRows } from './encode-rows.js'
import { packCodes } from './pack-block.js'
import { buildQueryTables } from './query-tables.js'
import { scanCodeSums, scanSurvivors } from './scan-blocks.js'

/**
 * The kernels. Every method throws `InvalidArgumentError` before it changes anything.
 *
 * @internal
 */
export const scalarCodeKernels: CodeKernels = {
  encode,
  packBlock,
  buildTables,
  scanSums,
  scanBlocks,
  assign,
  accumulateMeans,
}

function encode(task: EncodeTask): void {
  checkEncodeTask(task)
  encodeRows(task)
}

function packBlock(codes: Uint8Array, block: Uint8Array): void {
  checkPacking(codes, block)
  packCodes(codes, block, 0)
}

function buildTables(space: CodeSpace, query: Uint8Array, tables: Uint8Array): QueryTerms {
  checkQuery(space, query, tables)
  return buildQueryTables(space, query, tables)
}

function scanSums(scan: CodeScan, out: Uint16Array): void {
  checkCodeScan(scan)
  checkSums(scan, out)
  scanCodeSums(scan, out)
}

function scanBlocks(scan: CodeScan, bound: CodeBound, survivors: Survivors): number {
  checkCodeScan(scan)
  checkSurvivors(scan, bound, survivors)
  return scanSurvivors(scan, bound, survivors)
}

function assign(task: AssignTask): void {
  checkAssignTask(task)
  assignRows(task)
}

function accumulateMeans(task: MeansTask): void {
  checkMeansTask(task)
  accumulateRows(task)
}
