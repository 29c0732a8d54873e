/** How to search lists for a recall, after a calibration. */

import { epsForRecall } from '../recall-bound.js'
import type { Calibration, SearchPlan } from './calibration.js'

/**
 * The plan for a recall: that of the next higher one that was calibrated, for the next larger
 * answer. Where there is none, all lists are scanned, with bounds that hold whatever the rows.
 *
 * @param wanted - `recall` above 0 and below 1, `k` rows
 * @internal
 */
export function planSearch(
  { plans, listCount }: Calibration,
  wanted: { readonly recall: number; readonly k: number },
): SearchPlan {
  const { recall, k } = wanted
  const size = plans.find((plan) => plan.k >= k)?.k
  const plan = plans.find((other) => other.k === size && other.recall >= recall)
  if (plan === undefined) return { probes: listCount, eps: epsForRecall(recall) }
  return { probes: plan.probes, eps: plan.eps }
}
