/**
 * The numbers of lists that plans may have. A plan says how far lists may be (`reach`), so that
 * searches which see their rows clearly scan few of them; its number of lists is the mean over some
 * queries.
 */

import type { KernelProvider } from '../../contract/index.js'
import { EXTENT_NUMBERS } from '../list-places.js'
import type { RowLists } from '../row-lists.js'
import type { SearchPlan } from './calibration.js'
import type { CalibrationQuery } from './calibration-queries.js'
import { ListDistances } from './list-distances.js'

/** From one number of lists to the next. */
const STEP = 1.05
/** A query scans so many times the mean at most. */
const SPREAD_MAX = 3
/** Distances of lists that are looked at: some milliseconds. */
const DISTANCES_MAX = 250_000
const QUERIES_MAX = 64

/**
 * One of the numbers.
 *
 * @internal
 */
export interface ListStep extends Omit<SearchPlan, 'eps'> {
  /** How many lists are scanned, on average. */
  readonly lists: number
}

/**
 * All steps, ascending in every number; the last one is of all lists.
 *
 * @param queries - one at least
 * @internal
 */
export function listStepsOf(
  kernels: KernelProvider,
  lists: RowLists,
  queries: readonly CalibrationQuery[],
): readonly ListStep[] {
  const listCount = lists.extents.length / EXTENT_NUMBERS
  const measured = new ListDistances(kernels, lists)
  const count = Math.max(1, Math.min(QUERIES_MAX, Math.floor(DISTANCES_MAX / listCount)))
  const chosen = queries.filter((_, i) => i % Math.ceil(queries.length / count) === 0)
  const reaches = new Float64Array(chosen.length * listCount)
  for (const [i, { vector }] of chosen.entries()) {
    reaches.set(measured.measure(vector).reaches, i * listCount)
  }
  reaches.sort()
  const steps = ladder(listCount).map((wanted) => ({
    lists: wanted,
    reach: reaches[wanted * chosen.length - 1]!,
    probes: Math.min(listCount, SPREAD_MAX * wanted),
  }))
  return [...steps, { lists: listCount, reach: Number.POSITIVE_INFINITY, probes: listCount }]
}

/** The place of the first step with which a list is scanned that is so far away. */
export function stepFor(
  steps: readonly ListStep[],
  needed: { readonly reach: number; readonly probes: number },
): number {
  let low = 0
  let high = steps.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    const { reach, probes } = steps[middle]!
    if (reach >= needed.reach && probes >= needed.probes) high = middle
    else low = middle + 1
  }
  return low
}

function ladder(listCount: number): number[] {
  const steps: number[] = []
  for (let lists = 1; lists < listCount; lists = Math.max(lists + 1, Math.ceil(lists * STEP))) {
    steps.push(lists)
  }
  return steps
}
