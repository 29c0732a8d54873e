/** Calls of the kernels over rows, ready to be timed. */

import type { KernelProvider, Metric, NearestHeap, ScanTask } from '@sluice/core'
import type { RowSet } from './row-set.js'

/** Hits of a search. */
const NEIGHBOURS = 10

/**
 * A call and what it does.
 *
 * @internal
 */
export interface KernelCall {
  /** Rows of one call. */
  readonly rowCount: number
  /** Bytes that are read of a row, where they are not the row itself. */
  readonly rowBytes?: number
  run(): void
}

/**
 * Makes a call over rows.
 *
 * @internal
 */
export type CallMaker = (provider: KernelProvider, rows: RowSet, metric: Metric) => KernelCall

/**
 * The kernels that can be timed, by the name they have in figures.
 *
 * @internal
 */
export const VECTOR_KERNELS: Readonly<Record<string, CallMaker>> = {
  crc32c: checksums,
  ingest: ingests,
  distancesRange: distancesOfRuns,
  nearest: nearestOfRuns,
  nearestMasked: nearestOfMasked,
  distances: distancesOfPicked,
  pair: distancesOfPairs,
}

function checksums(provider: KernelProvider, rows: RowSet): KernelCall {
  return {
    rowCount: rows.chunkRows,
    run() {
      provider.crc32c(rows.nextBytes())
    },
  }
}

/** From one half of the rows to the same place in the other. */
function ingests(provider: KernelProvider, rows: RowSet): KernelCall {
  const { dtype, dimension, stride } = rows
  const halfRows = Math.max(1, Math.floor(rows.rowCount / 2))
  const rowCount = Math.min(halfRows, rows.chunkRows)
  const chunks = Math.floor(halfRows / rowCount)
  const other = rows.rowCount > 1 ? halfRows * stride : 0
  let turn = 0
  return {
    rowCount,
    run() {
      const from = turn * rowCount * stride
      const to = from + rowCount * stride
      turn = (turn + 1) % chunks
      const source = rows.bytes.subarray(from, to)
      const target = rows.bytes.subarray(other + from, other + to)
      const { firstBadRow } = provider.ingest({
        dtype,
        dimension,
        source,
        target,
        rowCount,
        crc: 0,
      })
      if (firstBadRow >= 0) throw new Error(`row ${firstBadRow} of ${dtype} is bad`)
    },
  }
}

function distancesOfRuns(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const task = taskOf(rows, metric)
  const out = new Float64Array(rows.chunkRows)
  return {
    rowCount: rows.chunkRows,
    run: () => provider.distancesRange(task, rows.nextChunk(), out),
  }
}

function nearestOfRuns(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const task = taskOf(rows, metric)
  const heap = newHeap()
  return {
    rowCount: rows.chunkRows,
    run() {
      const from = rows.nextChunk()
      heap.count = 0
      provider.nearest(task, { from, to: from + rows.chunkRows, rowBase: 0 }, heap)
    },
  }
}

/** As an exact search calls it, with all rows alive. */
function nearestOfMasked(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const task = taskOf(rows, metric)
  const heap = newHeap()
  const mask = new Uint32Array(Math.ceil(rows.rowCount / 32)).fill(0xffff_ffff)
  return {
    rowCount: rows.chunkRows,
    run() {
      const from = rows.nextChunk()
      heap.count = 0
      provider.nearest(task, { from, to: from + rows.chunkRows, rowBase: 0, mask }, heap)
    },
  }
}

function distancesOfPicked(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const task = taskOf(rows, metric)
  const picks = pickSets(rows)
  const rowCount = picks[0]?.length ?? 0
  const out = new Float64Array(rowCount)
  let turn = 0
  return {
    rowCount,
    run() {
      turn = (turn + 1) % picks.length
      provider.distances(task, picks[turn] as Uint32Array, out)
    },
  }
}

/** One row a call: what a library of pairwise distances is to be compared with. */
function distancesOfPairs(provider: KernelProvider, rows: RowSet, metric: Metric): KernelCall {
  const task = taskOf(rows, metric)
  const picks = rows.pickRows()
  const one = new Uint32Array(1)
  const out = new Float64Array(1)
  return {
    rowCount: picks.length,
    run() {
      for (let i = 0; i < picks.length; i++) {
        one[0] = picks[i] as number
        provider.distances(task, one, out)
      }
    },
  }
}

/**
 * Picks of rows for many calls: so many that those in memory are not in the caches when they come
 * around again.
 *
 * @internal
 */
export function pickSets(rows: RowSet): readonly Uint32Array[] {
  const first = rows.pickRows()
  const count = Math.ceil(rows.rowCount / first.length)
  return [first, ...Array.from({ length: Math.min(63, count) }, () => rows.pickRows())]
}

function taskOf(rows: RowSet, metric: Metric): ScanTask {
  const { dtype, dimension, bytes } = rows
  return { metric, dtype, dimension, query: rows.row(0).slice(), rows: bytes }
}

function newHeap(): NearestHeap {
  return {
    k: NEIGHBOURS,
    distanceMax: Number.POSITIVE_INFINITY,
    distances: new Float64Array(NEIGHBOURS),
    rows: new Uint32Array(NEIGHBOURS),
    count: 0,
  }
}
