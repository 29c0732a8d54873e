/** How to search lists for a recall, after a calibration. */

import { epsForRecall } from '../recall-bound.js'
import type { CalibratedPlan, Calibration, SearchPlan } from './calibration.js'

/** How much surer bounds are for the nearest row alone than for answers that were calibrated. */
const EPS_OF_ONE = 0.3

/**
 * The plan for a recall: that of the next higher one that was calibrated. Answers of a size between
 * two that were calibrated take what either of them needs: of the smaller one the bounds must be
 * surer where so many rows are about as near, of the larger one more lists are scanned. In smaller
 * answers than were calibrated, bounds are surer too: a row that looks farther away than it is has
 * fewer behind it whose place it may take. Where there
 * is no plan, all lists are scanned, with bounds that hold whatever the rows.
 *
 * @param wanted - `recall` above 0 and below 1, `k` rows
 * @internal
 */
export function planSearch(
  { plans, listCount }: Calibration,
  wanted: { readonly recall: number; readonly k: number },
): SearchPlan {
  const { recall, k } = wanted
  const planFor = (size: number | undefined): CalibratedPlan | undefined =>
    plans.find((plan) => plan.k === size && plan.recall >= recall)
  const size = plans.find((plan) => plan.k >= k)?.k
  const sizeBelow = size === k ? undefined : plans.findLast((plan) => plan.k < k)?.k
  const plan = planFor(size)
  const below = sizeBelow === undefined ? plan : planFor(sizeBelow)
  if (!plan || !below) {
    return { probes: listCount, reach: Number.POSITIVE_INFINITY, eps: epsForRecall(recall) }
  }
  const missing = sizeBelow === undefined ? (plan.k - k) / (plan.k - 1) : 0
  const eps = Math.max(plan.eps, below.eps) + EPS_OF_ONE * missing
  return {
    probes: Math.max(plan.probes, below.probes),
    reach: Math.max(plan.reach, below.reach),
    eps,
  }
}
