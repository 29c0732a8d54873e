/** How to search lists, of whose rows some may have died since they were calibrated. */

import type { Calibration } from './calibration/calibration.js'
import { planSearch } from './calibration/plan-search.js'
import type { IndexPlan } from './code-view.js'
import type { ListSet } from './list-set.js'
import { epsForRecall } from './recall-bound.js'

/** So many times the rows that are alive there may have been when searches were calibrated. */
const SPREAD_MAX = 1.05

/** What a search asks for, and of what. */
interface Wanted {
  readonly calibration: Calibration
  /** So many times as many rows were alive when they were calibrated. */
  readonly spread: number
  readonly recall: number
  readonly k: number
}

/**
 * The plans of the lists of one index. Most searches want the same as the one before.
 *
 * @internal
 */
export class ListPlans {
  #last: { readonly wanted: Wanted; readonly plan: IndexPlan } | undefined

  /** How to search lists of which so many rows are alive. */
  of(
    { calibration, calibratedRows }: Pick<ListSet, 'calibration' | 'calibratedRows'>,
    aliveRows: number,
  ): (recall: number, k: number) => IndexPlan {
    const spread = calibratedRows / aliveRows
    return (recall, k) => this.#planOf({ calibration, spread, recall, k })
  }

  #planOf(wanted: Wanted): IndexPlan {
    if (this.#last === undefined || !isSame(this.#last.wanted, wanted)) {
      this.#last = { wanted, plan: planFor(wanted) }
    }
    return this.#last.plan
  }
}

function isSame(a: Wanted, b: Wanted): boolean {
  const isOfSame = a.calibration === b.calibration && a.spread === b.spread
  return isOfSame && a.recall === b.recall && a.k === b.k
}

function planFor({ calibration, spread, recall, k }: Wanted): IndexPlan {
  // Rows in no list are not what was calibrated: they have one code, which is around the mean.
  const tailEps = epsForRecall(recall)
  const plan = planSearch(calibration, { recall, k })
  // Where rows have died, those that are left lie further apart, and have less in common.
  if (spread <= SPREAD_MAX) return { ...plan, tailEps }
  // Nor are the nearest lists those that rows are left in: searches take as many as any may.
  return {
    probes: Math.min(calibration.listCount, Math.ceil(plan.probes * spread)),
    reach: Number.POSITIVE_INFINITY,
    eps: Math.max(plan.eps, tailEps),
    tailEps,
  }
}
