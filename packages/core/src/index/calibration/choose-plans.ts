/** The cheapest plans that reach a recall, among those of a table. */

import type { CalibratedPlan, SearchPlan } from './calibration.js'
import { type MeasuredRecall, RecallTable } from './recall-table.js'

/** What users ask for, and some between. */
const TARGETS = [
  0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999,
] as const
/** What was measured may be too good by chance, by some standard errors, but no more than this. */
const TOLERANCE = 0.005

/**
 * The recall of some queries.
 *
 * @internal
 */
export interface Evidence {
  readonly table: RecallTable
  /** Other queries need bounds that are surer by so many steps of `RecallTable.eps`. */
  readonly epsSteps: number
  /** Standard errors by which what was measured may be too good. */
  readonly confidence: number
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
  readonly options: readonly SearchPlan[]
}

/**
 * What there is to choose from, for every size of answer and recall that can be reached.
 *
 * @param evidence - what plans must do for; not empty
 * @param probesFactor - so many more lists than the easiest evidence needs are needed by others
 * @internal
 */
export function findChoices(evidence: readonly Evidence[], probesFactor: number): PlanChoice[] {
  return RecallTable.ks.flatMap((k, i) =>
    TARGETS.map((recall) => ({
      k,
      recall,
      options: plansFor({ evidence, probesFactor }, i, recall),
    })).filter(({ options }) => options.length > 0),
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
  costOf: (k: number, plan: SearchPlan) => number,
): CalibratedPlan[] {
  return choices.map(({ k, recall, options }) => {
    const costs = options.map((plan) => costOf(k, plan))
    return { k, recall, ...options[costs.indexOf(Math.min(...costs))]! }
  })
}

/** With each `eps`, the least lists that will do. */
function plansFor(
  { evidence, probesFactor }: { readonly evidence: readonly Evidence[]; probesFactor: number },
  k: number,
  recall: number,
): SearchPlan[] {
  return RecallTable.eps.flatMap((eps, e) => {
    const needed = evidence.map((some) => probesFor(some, { k, recall, e }))
    const listCount = evidence[0]!.table.probes.at(-1)!
    const widened = Math.round(probesFactor * Math.min(...needed))
    const probes = Math.min(listCount, Math.max(widened, ...needed))
    return Number.isNaN(probes) ? [] : [{ probes, eps }]
  })
}

/** The least lists that some queries need; not a number where none are enough. */
function probesFor(
  { table, epsSteps, confidence }: Evidence,
  { k, recall, e }: { readonly k: number; readonly recall: number; readonly e: number },
): number {
  const own = e - epsSteps
  if (own < 0) return Number.NaN
  const isEnough = ({ mean, error, ofOneRow }: MeasuredRecall): boolean =>
    mean + ofOneRow >= recall && mean - confidence * error >= recall - TOLERANCE
  const place = table.probes.findIndex((_, p) => isEnough(table.at(k, own, p)))
  return place < 0 ? Number.NaN : table.probes[place]!
}
