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
/** A query scans so many times the mean at most, and so many lists more. */
const SPREAD_MAX = 3
const SPREAD_LISTS_MAX = 512
/** Distances of lists that are looked at. */
const DISTANCES_MAX = 250_000
const QUERIES_MAX = 64
/** Halvings of a range of distances, until what is left of it does not matter. */
const HALVINGS = 40

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
 * @param pause - awaited after every little piece of work
 * @throws whatever `pause` throws
 * @internal
 */
export async function listStepsOf(
  kernels: KernelProvider,
  lists: RowLists,
  queries: readonly CalibrationQuery[],
  pause: () => Promise<void>,
): Promise<readonly ListStep[]> {
  const listCount = lists.extents.length / EXTENT_NUMBERS
  const measured = new ListDistances(kernels, lists)
  const count = Math.max(1, Math.min(QUERIES_MAX, Math.floor(DISTANCES_MAX / listCount)))
  const chosen = queries.filter((_, i) => i % Math.ceil(queries.length / count) === 0)
  const reaches: Float64Array[] = []
  for (const { vector } of chosen) {
    reaches.push(measured.measure(vector).reaches.slice().sort())
    await pause()
  }
  const steps: ListStep[] = []
  for (const wanted of listNumbersOf(listCount).slice(0, -1)) {
    const probes = Math.min(listCount, SPREAD_MAX * wanted, wanted + SPREAD_LISTS_MAX)
    const reach = reachFor(reaches, wanted * chosen.length, steps.at(-1)?.reach)
    steps.push({ lists: wanted, reach, probes })
    await pause()
  }
  return [...steps, { lists: listCount, reach: Number.POSITIVE_INFINITY, probes: listCount }]
}

/** The least reach, or nearly so, within which there are so many lists of all queries together. */
function reachFor(reaches: readonly Float64Array[], count: number, from?: number): number {
  const within = (reach: number): number =>
    reaches.reduce((sum, sorted) => sum + countUpTo(sorted, reach), 0)
  const least = Number.NEGATIVE_INFINITY
  if (within(from ?? least) >= count) return from ?? least
  const finite = reaches.map((sorted) => sorted.find(Number.isFinite) ?? 0)
  let low = Math.max(from ?? least, Math.min(...finite) - 1)
  let high = Math.max(...reaches.map((sorted) => sorted.at(-1)!))
  for (let i = 0; i < HALVINGS && low < high; i++) {
    const middle = low + (high - low) / 2
    if (within(middle) >= count) high = middle
    else low = middle
  }
  return high
}

/** How many of ascending numbers are at most a limit. */
function countUpTo(sorted: Float64Array, limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! <= limit) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The place of the first step with which a list is scanned that is so far away.
 *
 * @internal
 */
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

/**
 * The numbers of lists of all steps, of so many lists.
 *
 * @internal
 */
export function listNumbersOf(listCount: number): number[] {
  const numbers: number[] = []
  for (let lists = 1; lists < listCount; lists = Math.max(lists + 1, Math.ceil(lists * STEP))) {
    numbers.push(lists)
  }
  return [...numbers, listCount]
}
