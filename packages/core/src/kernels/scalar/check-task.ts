/**
 * Argument checks of the scalar kernels. They run before anything is written, so a kernel that
 * throws has changed nothing, and they are all that stands between a wrong length and a wrong row.
 */

import type {
  IngestTask,
  NearestHeap,
  ScanRange,
  ScanTask,
} from '../../contract/kernel-provider.js'
import {
  checkArray,
  checkEqual,
  checkInteger,
  checkMetric,
  checkShape,
  ROW_MAX,
  reject,
} from './check-argument.js'

/**
 * Checks an ingest task.
 *
 * @returns bytes of a row
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkIngestTask(task: IngestTask): number {
  const stride = checkShape(task.dtype, task.dimension)
  checkArray('source', task.source, Uint8Array)
  checkArray('target', task.target, Uint8Array)
  checkInteger('rowCount', task.rowCount, 0, ROW_MAX)
  checkInteger('crc', task.crc, 0, 0xffffffff)
  const expected = task.rowCount * stride
  checkEqual('source.byteLength', task.source.byteLength, expected)
  checkEqual('target.byteLength', task.target.byteLength, expected)
  if (overlapsPartly(task.source, task.target)) {
    reject('source and target must be the same bytes or not overlap at all', {})
  }
  return stride
}

/**
 * Checks a scan task. `rows` may end in a part of a row, which is never read.
 *
 * @returns whole rows in `task.rows`
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkScanTask(task: ScanTask): number {
  const stride = checkShape(task.dtype, task.dimension)
  checkMetric(task)
  checkArray('query', task.query, Uint8Array)
  checkArray('rows', task.rows, Uint8Array)
  checkEqual('query.byteLength', task.query.byteLength, stride)
  return Math.floor(task.rows.byteLength / stride)
}

/**
 * Checks chosen rows and the room for their distances.
 *
 * @throws {@link InvalidArgumentError} naming the first row that is not there
 * @internal
 */
export function checkRowIds(rowIds: Uint32Array, out: Float64Array, rowCount: number): void {
  checkArray('rowIds', rowIds, Uint32Array)
  checkArray('out', out, Float64Array)
  checkInteger('out.length', out.length, rowIds.length, Number.MAX_SAFE_INTEGER)
  for (let i = 0; i < rowIds.length; i++) {
    if (rowIds[i]! >= rowCount) {
      const actual = rowIds[i]
      reject(`rowIds[${i}] is ${actual}, but there are ${rowCount} rows`, { actual, rowCount })
    }
  }
}

/**
 * Checks a run of rows and the room for their distances.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkRun(from: number, out: Float64Array, rowCount: number): void {
  checkArray('out', out, Float64Array)
  checkInteger('from', from, 0, rowCount)
  checkInteger('from + out.length', from + out.length, from, rowCount)
}

/**
 * Checks a range of rows.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkRange(range: ScanRange, rowCount: number): void {
  checkInteger('from', range.from, 0, rowCount)
  checkInteger('to', range.to, range.from, rowCount)
  checkInteger('rowBase', range.rowBase, 0, ROW_MAX)
  checkInteger('rowBase + to', range.rowBase + range.to, 0, ROW_MAX + 1)
  if (range.mask === undefined) return
  checkArray('mask', range.mask, Uint32Array)
  const wordsMin = Math.ceil(range.to / 32)
  checkInteger('mask.length', range.mask.length, wordsMin, Number.MAX_SAFE_INTEGER)
}

/**
 * Checks the shape of a heap, not its order.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkHeap(heap: NearestHeap): void {
  checkArray('heap.distances', heap.distances, Float64Array)
  checkArray('heap.rows', heap.rows, Uint32Array)
  checkInteger('heap.k', heap.k, 1, Math.min(heap.distances.length, heap.rows.length))
  checkInteger('heap.count', heap.count, 0, heap.k)
  if (typeof heap.distanceMax !== 'number' || Number.isNaN(heap.distanceMax)) {
    reject(`heap.distanceMax must be a number, not ${String(heap.distanceMax)}`, {})
  }
}

/**
 * Checks the arguments of a checksum.
 *
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkChecksum(bytes: Uint8Array, seed: number): void {
  checkArray('bytes', bytes, Uint8Array)
  checkInteger('seed', seed, 0, 0xffffffff)
}

function overlapsPartly(a: Uint8Array, b: Uint8Array): boolean {
  if (a.buffer !== b.buffer || a.byteOffset === b.byteOffset) return false
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
}
