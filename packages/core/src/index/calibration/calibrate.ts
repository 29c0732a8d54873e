/**
 * Calibration: finds out how many lists must be scanned, and how sure bounds must be, for a recall
 * that users may ask for. Queries are rows of the index, and what users asked lately; their nearest
 * rows are found by going through all lists with wide bounds, and what any search would have found
 * of them follows from the order of lists and from the codes (recall-table.ts). Nothing depends on
 * time or chance: the same lists and queries give the same plans.
 */

import { BLOCK_ROWS, blockLayoutOf } from '../../code-layout.js'
import type { KernelProvider } from '../../contract/index.js'
import { strideOf } from '../../dtype.js'
import { createNearestHeap, type NearestRows } from '../../kernels/nearest-heap.js'
import type { Assistants } from '../cluster/cluster-input.js'
import { entriesOf } from '../list-places.js'
import { epsForRecall } from '../recall-bound.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import type { Calibration } from './calibration.js'
import { type CalibrationQuery, drawRows, lastQueries } from './calibration-queries.js'
import { isForMany, TRUTH_EPS, wantedFor, without } from './candidates.js'
import {
  type ChosenPlan,
  choosePlans,
  type Evidence,
  findChoices,
  type PlanChoice,
} from './choose-plans.js'
import { findNearest } from './find-nearest.js'
import { ListSearcher } from './list-searcher.js'
import { type ListStep, listStepsOf } from './list-steps.js'
import { RowRanker } from './ranked-rows.js'
import { RecallTable } from './recall-table.js'
import { RowPlaces } from './row-places.js'
import { addCost, copyOf, nanoseconds, SearchCosts, type WorkShape } from './search-costs.js'

/** Entries of lists that are scanned to find the nearest rows: a tenth of a second. */
const SCANNED_MAX = 1e8
const QUERIES_MAX = 512
const QUERIES_MIN = 192
/** What users asked is worth twice the time. */
const ASKED_MIN = 320
/** Lists that give a first answer. */
const FIRST = { probes: 8, reach: Number.POSITIVE_INFINITY, eps: TRUTH_EPS } as const
/** Queries whose work is counted. */
const COST_QUERIES = 8
/** Rows are easier queries than what users ask, as long as nobody knows what that is. */
const ROWS_ALONE = { epsSteps: 1, isGuard: false } as const
const FACTOR_ALONE = 2
/** Some hundred queries of users may lack the few that are hard: rows must be found as well … */
const ROWS_BESIDE = { epsSteps: 0, isGuard: true } as const
/** … and more lists be scanned than the easier ones of both need. */
const FACTOR_BESIDE = 1.25
/** What will be asked is like what was. */
const OF_USERS = { epsSteps: 0, isGuard: false } as const
/** Searches by which lists are compared with codes in row order. */
const PAYING = { k: 10, recall: 0.95 } as const

/**
 * What is calibrated.
 *
 * @internal
 */
export interface CalibrationInput {
  readonly lists: RowLists
  readonly rows: SegmentedRows
  /** What users asked lately, the latest last: packed rows; may be empty. */
  readonly queries: Uint8Array
  readonly seed: number
  /** Threads that help; all memory is shared where there are some. */
  readonly assistants?: Assistants | undefined
}

/**
 * Calibrates.
 *
 * @param step - awaited after every little piece of work, told how much is done: 0 to 1; throws to
 *   give up
 * @throws whatever `step` throws; `SLUICE_LIMIT_EXCEEDED` when kernels take no more regions
 * @internal
 */
export async function calibrate(
  kernels: KernelProvider,
  input: CalibrationInput,
  step: (share: number) => Promise<void>,
): Promise<Calibration> {
  const searcher = new ListSearcher(kernels, input.lists, input.rows)
  try {
    return await calibrateWith({ kernels, input, searcher }, step)
  } finally {
    searcher.release()
  }
}

/** A calibration under way. */
interface Run {
  readonly kernels: KernelProvider
  readonly input: CalibrationInput
  readonly searcher: ListSearcher
  /** What plans may have. */
  readonly steps: readonly ListStep[]
  /** Told of queries that something was found out about: twice of each. */
  step(queriesDone: number): Promise<void>
}

async function calibrateWith(
  tools: Omit<Run, 'steps' | 'step'>,
  step: (share: number) => Promise<void>,
): Promise<Calibration> {
  const { lists, rows, queries, seed } = tools.input
  const listCount = lists.extents.length / 3
  const stride = strideOf(lists.space.dtype, lists.space.dimension)
  const entries = entriesOf(lists)
  const countMax = Math.max(QUERIES_MIN, Math.min(QUERIES_MAX, Math.floor(SCANNED_MAX / entries)))
  const asked = lastQueries(queries, stride, Math.max(countMax, ASKED_MIN))
  const ofLists = { ...rows, rowCount: Math.min(rows.rowCount, lists.rowCount) }
  const drawnMax = Math.max(countMax / 2, countMax - asked.length)
  const drawn = drawRows(ofLists, stride, { seed, countMax: drawnMax })
  const counts = { rowQueries: drawn.length, userQueries: asked.length }
  const turns = 2 * (drawn.length + asked.length)
  let passed = 0
  const pass = (queriesDone: number): Promise<void> => {
    passed += queriesDone
    return step(passed / turns)
  }
  const both = asked.flatMap((query, i) => [query, ...drawn.slice(i, i + 1)])
  const all = [...both, ...drawn.slice(asked.length)]
  const steps = all.length === 0 ? [] : await listStepsOf(tools.kernels, lists, all, () => pass(0))
  const run: Run = { ...tools, steps, step: pass }
  const evidence: Evidence[] = []
  for (const set of [drawn, asked]) {
    if (set.length === 0) continue
    const table = await measureRecall(run, set)
    const ofRows = asked.length === 0 ? ROWS_ALONE : ROWS_BESIDE
    if (table.count > 0) evidence.push({ table, ...(set === drawn ? ofRows : OF_USERS) })
  }
  if (evidence.length === 0) return { listCount, plans: [], ...counts, listsPay: false }
  const sample = [...asked, ...drawn].slice(0, COST_QUERIES)
  return { listCount, ...(await plan(run, evidence, sample)), ...counts }
}

/** The recall of every plan for some queries. */
async function measureRecall(run: Run, queries: readonly CalibrationQuery[]): Promise<RecallTable> {
  const { kernels, input, steps, step } = run
  const { lists } = input
  const listCount = lists.extents.length / 3
  const nearest = await nearestOf(run, queries)
  const places = new RowPlaces(
    lists,
    nearest.flatMap((found) => [...found.rows]),
  )
  for (let list = 0; list < listCount; list++) {
    places.note(lists, list)
    await step(0)
  }
  const ranker = new RowRanker(kernels, lists, { steps, places })
  const table = new RecallTable(steps.length)
  for (const [i, query] of queries.entries()) {
    const found = nearest[i]!
    if (found.rows.length > 0) table.add(ranker.rank(query.vector, found), isForMany(i))
    await step(1)
  }
  return table
}

/** The nearest rows of each query, but for itself. */
async function nearestOf(
  { input, searcher, step }: Run,
  queries: readonly CalibrationQuery[],
): Promise<NearestRows[]> {
  const task = {
    lists: input.lists,
    queries: queries.map(({ vector }) => vector),
    wanted: queries.map((_, i) => wantedFor(i)),
    plan: FIRST,
  }
  const { assistants } = input
  const nearest = await findNearest(task, searcher, { assistants, step })
  return nearest.map((found, i) => without(found, queries[i]!.row))
}

/** The plans, and whether lists are worth it. */
async function plan(
  run: Run,
  evidence: readonly Evidence[],
  queries: readonly CalibrationQuery[],
): Promise<Pick<Calibration, 'plans' | 'listsPay'>> {
  const { input, searcher, steps, step } = run
  const { dtype, dimension, signs } = input.lists.space
  const entryBytes = blockLayoutOf(signs.length / 2).byteLength / BLOCK_ROWS
  const shape = { entryBytes, rowBytes: strideOf(dtype, dimension) }
  const listsFactor = evidence.length > 1 ? FACTOR_BESIDE : FACTOR_ALONE
  const choices = findChoices({ steps, evidence, listsFactor })
  const costs = new Map<number, SearchCosts>()
  for (const k of RecallTable.ks) {
    const ofSize = new SearchCosts(k, shape)
    const listsMax = mostOfLeast(choices.filter((choice) => choice.k === k))
    const tried = steps.filter(({ lists }) => lists <= listsMax)
    await ofSize.measure(searcher, { queries, steps: tried }, () => step(0))
    costs.set(k, ofSize)
  }
  const chosen = choosePlans(choices, (k, option) => {
    return costs.get(k)!.of(option.step.lists, option.eps)
  })
  const plans = chosen.map((choice) => choice.plan)
  const best = chosen.find(({ plan: { k, recall } }) => k === PAYING.k && recall >= PAYING.recall)
  return { plans, listsPay: best !== undefined && (await doListsPay(run, queries, best, shape)) }
}

/** Whether a search of lists is faster than one of codes in row order, where each row has one. */
async function doListsPay(
  { input, searcher, step }: Run,
  queries: readonly CalibrationQuery[],
  { plan: { k, recall }, cost }: ChosenPlan,
  shape: WorkShape,
): Promise<boolean> {
  const { listsPerRow, extents } = input.lists
  const flat = { lists: 0, scanned: 0, compared: 0 }
  const eps = epsForRecall(recall)
  for (const { vector } of queries) {
    const answer = createNearestHeap(k)
    for (let group = 0; group < searcher.groupCount; group++) {
      searcher.searchGroup(vector, group, eps, answer)
      await step(0)
    }
    for (let group = 0; group < searcher.groupCount; group++) {
      addCost(flat, searcher.searchGroup(vector, group, eps, copyOf(answer)))
      await step(0)
    }
  }
  const ordering = { lists: 0, scanned: extents.length / 3, compared: 0 }
  const flatCost = nanoseconds(flat, shape) / listsPerRow / queries.length
  return cost + nanoseconds(ordering, shape) < flatCost
}

/** The most lists that the plans with the fewest lists have. */
function mostOfLeast(choices: readonly PlanChoice[]): number {
  const least = choices.map(({ options }) => Math.min(...options.map(({ step }) => step.lists)))
  return Math.max(1, ...least)
}
