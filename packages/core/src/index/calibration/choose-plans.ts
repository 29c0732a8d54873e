/** The cheapest plans that reach a recall, among those of a table. */

import type { CalibratedPlan } from './calibration.js'
import type { ListStep } from './list-steps.js'
import { type MeasuredRecall, RecallTable } from './recall-table.js'

/** What users ask for, and some between. */
const TARGETS = [
  0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999,
] as const
/** Of all plans those are chosen that chance favours: each is too good in 1 of 160 cases … */
const STANDARD_ERRORS = 2.5
/** … but no more than by this … */
const TOLERANCE = 0.005
/** … and most are right. */
const LIKELY_ERRORS = 1

/**
 * The recall of some queries.
 *
 * @internal
 */
export interface Evidence {
  readonly table: RecallTable
  /** Other queries need bounds that are surer by so many steps of `RecallTable.eps`. */
  readonly epsSteps: number
  /** Whether it is content with what may be enough, but for chance: not what plans are for. */
  readonly isGuard: boolean
}

/**
 * A plan to choose.
 *
 * @internal
 */
export interface PlanOption {
  readonly step: ListStep
  readonly eps: number
}

/**
 * Plans that all reach a recall.
 *
 * @internal
 */
export interface PlanChoice {
  readonly k: number
  readonly recall: number
  /** One at least. */
  readonly options: readonly PlanOption[]
}

/**
 * What plans must do.
 *
 * @internal
 */
export interface PlanNeeds {
  readonly steps: readonly ListStep[]
  /** Not empty; its tables are of these steps. */
  readonly evidence: readonly Evidence[]
  /** So many more lists than the easiest evidence needs are needed by others. */
  readonly listsFactor: number
}

/**
 * The cheapest plan of a choice.
 *
 * @internal
 */
export interface ChosenPlan {
  readonly plan: CalibratedPlan
  /** Nanoseconds of a search. */
  readonly cost: number
}

/**
 * What there is to choose from, for every size of answer and recall that can be reached.
 *
 * @internal
 */
export function findChoices(needs: PlanNeeds): PlanChoice[] {
  return RecallTable.ks.flatMap((k, i) =>
    TARGETS.map((recall) => ({ k, recall, options: optionsFor(needs, i, recall) })).filter(
      ({ options }) => options.length > 0,
    ),
  )
}

/**
 * The cheapest of each choice.
 *
 * @param costOf - nanoseconds of a plan, for answers of k rows
 * @internal
 */
export function choosePlans(
  choices: readonly PlanChoice[],
  costOf: (k: number, option: PlanOption) => number,
): ChosenPlan[] {
  return choices.map(({ k, recall, options }) => {
    const costs = options.map((option) => costOf(k, option))
    const cost = Math.min(...costs)
    const { step, eps } = options[costs.indexOf(cost)]!
    return { plan: { k, recall, probes: step.probes, reach: step.reach, eps }, cost }
  })
}

/** With each `eps`, the least lists that will do. */
function optionsFor(
  { steps, evidence, listsFactor }: PlanNeeds,
  k: number,
  recall: number,
): PlanOption[] {
  return RecallTable.eps.flatMap((eps, e) => {
    const needed = evidence.map((some) => stepNeeded(some, { k, recall, e }))
    if (needed.some((step) => step < 0)) return []
    const widened = Math.round(listsFactor * steps[Math.min(...needed)]!.lists)
    const enough = steps.findLastIndex(({ lists }) => lists <= widened)
    return [{ step: steps[Math.max(enough, ...needed)]!, eps }]
  })
}

/** The first step that is enough for some queries; -1 where none is. */
function stepNeeded(
  { table, epsSteps, isGuard }: Evidence,
  { k, recall, e }: { readonly k: number; readonly recall: number; readonly e: number },
): number {
  const own = e - epsSteps
  if (own < 0) return -1
  const isEnough = isGuard ? mayReach : reaches
  let step = 0
  while (step < table.stepCount && !isEnough(table.at(k, own, step), recall)) step += 1
  return step < table.stepCount ? step : -1
}

function reaches({ mean, error }: MeasuredRecall, recall: number): boolean {
  const isLikely = mean - LIKELY_ERRORS * error >= recall
  return isLikely && mean - STANDARD_ERRORS * error >= recall - TOLERANCE
}

function mayReach({ mean, error, ofOneRow }: MeasuredRecall, recall: number): boolean {
  return mean + Math.max(ofOneRow, Math.min(error, TOLERANCE / 2)) >= recall
}
