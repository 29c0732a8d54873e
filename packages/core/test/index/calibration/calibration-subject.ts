/** Rows in lists to be calibrated, and what a plan finds of them. */

import type { Dtype } from '../../../src/dtype.js'
import { strideOf } from '../../../src/dtype.js'
import type { SearchPlan } from '../../../src/index/calibration/calibration.js'
import { ListSearcher } from '../../../src/index/calibration/list-searcher.js'
import { addCost } from '../../../src/index/calibration/search-costs.js'
import type { RowLists, SegmentedRows } from '../../../src/index/row-lists.js'
import { createNearestHeap, drainSorted } from '../../../src/kernels/nearest-heap.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../../src/metric.js'
import {
  makeRows,
  Numbers,
  VECTOR_SETS,
  type VectorSet,
  vectorsOf,
  widthOf,
} from '../../search/vector-sets.js'
import { buildLists } from './build-lists.js'

export const ROWS = 2000
export const QUERIES = 100
/** All of them. */
export const LISTS = 32
export const DIMENSION = 32
const ROWS_PER_SEGMENT = 512

/** Rows in lists. */
export interface Subject {
  readonly lists: RowLists
  readonly rows: SegmentedRows
  readonly stride: number
  /** Of the same kind as rows, but none of them. */
  readonly queries: Uint8Array
}

/** What they are. */
export interface Kind {
  readonly set: VectorSet
  readonly metric: Metric
  readonly dtype: Dtype
  readonly isAlive?: (row: number) => boolean
  /** Segments that were freed. */
  readonly freed?: readonly number[]
}

/** Rows of a kind, and queries. */
export function subjectOf({ set, metric, dtype, isAlive, freed }: Kind): Subject {
  const numbers = new Numbers(5)
  const count = ROWS + QUERIES
  const task = { rowCount: count, width: widthOf(dtype, DIMENSION), numbers }
  const vectors = vectorsOf(dtype, makeRows(VECTOR_SETS[set](), task))
  const packed = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
  const stride = strideOf(dtype, DIMENSION)
  const shape = { metric, dtype, dimension: DIMENSION }
  const rows = packed.slice(0, ROWS * stride)
  const counts = (row: number): boolean =>
    (isAlive?.(row) ?? true) && !(freed?.includes(Math.floor(row / ROWS_PER_SEGMENT)) ?? false)
  const plan = {
    shape,
    rows,
    listCount: LISTS,
    listsPerRow: 2,
    rounds: 2,
    isAlive: counts,
  } as const
  const mask = new Uint32Array(Math.ceil(ROWS / 32))
  for (let row = 0; row < ROWS; row++) if (counts(row)) mask[row >>> 5]! |= 1 << (row & 31)
  const segmentBytes = ROWS_PER_SEGMENT * stride
  const segments = Array.from({ length: Math.ceil(rows.length / segmentBytes) }, (_, i) =>
    freed?.includes(i) === true ? undefined : rows.slice(i * segmentBytes, (i + 1) * segmentBytes),
  )
  return {
    lists: buildLists(scalarKernels, plan),
    rows: { segments, rowsPerSegment: ROWS_PER_SEGMENT, firstRow: 0, rowCount: ROWS, mask },
    stride,
    queries: packed.slice(ROWS * stride),
  }
}

/** The share of the k nearest rows, or of ones as near, that a plan finds. */
export function recallOf(
  subject: Subject,
  plan: SearchPlan,
  task: { readonly k: number; readonly queries: Uint8Array },
): { readonly recall: number; readonly lists: number; readonly scanned: number } {
  const { lists, rows, stride } = subject
  const searcher = new ListSearcher(scalarKernels, lists, rows)
  const [probes, none] = [LISTS, Number.POSITIVE_INFINITY]
  const all = { probes, reach: none, eps: none }
  const spent = { lists: 0, scanned: 0, compared: 0 }
  let [found, wanted] = [0, 0]
  for (let at = 0; at < task.queries.length; at += stride) {
    const query = task.queries.subarray(at, at + stride)
    const heap = createNearestHeap(task.k)
    searcher.search(query, all, heap)
    const right = drainSorted(heap)
    const truth = new Set(right.rows)
    const farthest = right.distances.at(-1) ?? Number.NaN
    const other = createNearestHeap(task.k)
    addCost(spent, searcher.search(query, plan, other))
    const nearest = drainSorted(other)
    nearest.rows.forEach((row, i) => {
      if (truth.has(row) || nearest.distances[i]! <= farthest) found += 1
    })
    wanted += truth.size
  }
  searcher.release()
  const count = task.queries.length / stride
  return { recall: found / wanted, lists: spent.lists / count, scanned: spent.scanned / count }
}
