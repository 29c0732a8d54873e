/**
 * Calibration of rows that are in no list: how sure the bounds of their codes must be for a recall.
 * It takes what users asked lately. Rows alone would not do: what is asked is harder to find, and
 * there is no number of lists that could be raised instead. As in the calibration of lists, nothing
 * depends on time or chance.
 */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { KernelProvider } from '../../contract/index.js'
import { strideOf } from '../../dtype.js'
import { createNearestHeap, drainSorted, type NearestRows } from '../../kernels/nearest-heap.js'
import { RegionSlots } from '../region-slots.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import type { Calibration } from './calibration.js'
import { type CalibrationQuery, drawRows, lastQueries } from './calibration-queries.js'
import { isForMany, TRUTH_EPS, wantedFor, without } from './candidates.js'
import { choosePlans, type Evidence, findChoices } from './choose-plans.js'
import { CodeEstimates } from './code-estimates.js'
import { RecallTable } from './recall-table.js'
import { RowSearcher } from './row-searcher.js'

/** Codes that are scanned for the queries of users: some hundredths of a second. */
const SCANNED_MAX = 3e7
const QUERIES_MAX = 256
const QUERIES_MIN = 96
/** What was found counts as it is; by chance it is too good in 1 of 160 cases. */
const AS_MEASURED = { epsSteps: 0, isGuard: false } as const
/** Bytes of codes that stay in a second-level cache from one query to the next. */
const GROUP_BYTES = 1024 * 1024

/**
 * Codes in row order.
 *
 * @internal
 */
export interface CodeRun {
  readonly blocks: Uint8Array
  /** Blocks of it that have codes. */
  readonly from: number
  readonly to: number
}

/** What searches scan of lists where there are none. */
const NO_LISTS = { lists: 0, probes: 0, reach: Number.POSITIVE_INFINITY } as const

/**
 * What is calibrated.
 *
 * @internal
 */
export interface TailInput {
  readonly space: RowLists['space']
  readonly runs: readonly CodeRun[]
  readonly rows: SegmentedRows
  /** What users asked lately, the latest last: packed rows. */
  readonly queries: Uint8Array
  readonly seed: number
}

/**
 * Calibrates.
 *
 * @param step - awaited after every little piece of work; throws to give up
 * @returns plans of no lists; none at all where users asked little
 * @throws whatever `step` throws; `SLUICE_LIMIT_EXCEEDED` when kernels take no more regions
 * @internal
 */
export async function calibrateTail(
  kernels: KernelProvider,
  input: TailInput,
  step: () => Promise<void>,
): Promise<Calibration> {
  const { space, rows, queries, seed } = input
  const stride = strideOf(space.dtype, space.dimension)
  const affordable = Math.floor(SCANNED_MAX / Math.max(1, rows.rowCount - rows.firstRow))
  const countMax = Math.max(QUERIES_MIN, Math.min(QUERIES_MAX, affordable))
  const asked = lastQueries(queries, stride, countMax)
  const drawn = asked.length === 0 ? [] : drawRows(rows, stride, { seed, countMax: countMax / 2 })
  const counts = { rowQueries: drawn.length, userQueries: asked.length }
  const evidence: Evidence[] = []
  for (const set of [asked, drawn]) {
    const table = await measureRecall(kernels, input, { queries: set, step })
    if (table.count > 0) evidence.push({ table, ...AS_MEASURED })
  }
  // With the same lists, none, the cheapest plan is the least sure one.
  const needs = { steps: [NO_LISTS], evidence, listsFactor: 1 }
  const choices = evidence.length === 0 ? [] : findChoices(needs)
  const plans = choosePlans(choices, (_, { eps }) => eps).map(({ plan }) => plan)
  return { listCount: 0, plans, ...counts, listsPay: false }
}

async function measureRecall(
  kernels: KernelProvider,
  { space, runs, rows }: TailInput,
  task: { readonly queries: readonly CalibrationQuery[]; readonly step: () => Promise<void> },
): Promise<RecallTable> {
  const { queries, step } = task
  const table = new RecallTable(1)
  if (queries.length === 0) return table
  const searcher = new RowSearcher(kernels, space, rows)
  const blocks = new RegionSlots(kernels)
  try {
    const { byteLength } = blockLayoutOf(space.signs.length / 2)
    const blocksMax = Math.max(1, Math.floor(GROUP_BYTES / byteLength))
    const extents = runs.flatMap((run, i) =>
      extentsOf(run, blocks.handleOf(i, run.blocks), blocksMax),
    )
    const nearest = await findNearest({ searcher, extents }, queries, step)
    const estimates = new CodeEstimates(kernels, space, rows)
    for (const [i, { vector }] of queries.entries()) {
      const { distances, rows: found } = nearest[i]!
      if (found.length === 0) continue
      // All codes are scanned, one for each row.
      const codes = { rows: Uint32Array.from(found.keys()), steps: new Uint32Array(found.length) }
      table.add({ distances, codes: { ...codes, ...estimates.of(vector, found) } }, isForMany(i))
      await step()
    }
    return table
  } finally {
    blocks.dropFrom(0)
    searcher.release()
  }
}

/** Of each query. Blocks are scanned for all queries while they are in a cache. */
async function findNearest(
  codes: { readonly searcher: RowSearcher; readonly extents: readonly Uint32Array[] },
  queries: readonly CalibrationQuery[],
  step: () => Promise<void>,
): Promise<NearestRows[]> {
  const heaps = queries.map((_, i) => createNearestHeap(wantedFor(i)))
  for (const tail of codes.extents) {
    for (const [i, { vector: query }] of queries.entries()) {
      codes.searcher.search({ query, probes: 0, tail, eps: TRUTH_EPS }, heaps[i]!)
      await step()
    }
  }
  return heaps.map((heap, i) => without(drainSorted(heap), queries[i]!.row))
}

/** Extents of at most so many blocks. */
function extentsOf({ from, to }: CodeRun, handle: number, blocksMax: number): Uint32Array[] {
  return Array.from({ length: Math.ceil((to - from) / blocksMax) }, (_, i) => {
    const first = from + i * blocksMax
    return Uint32Array.of(handle, first, BLOCK_ROWS * Math.min(blocksMax, to - first))
  })
}
