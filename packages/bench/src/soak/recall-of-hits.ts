/** The recall of searches, against exact ones of the same collection. */

import type { Collection } from '@sluice/core'
import { typedView } from '../vectors/typed-view.js'
import type { Workload } from '../vectors/workload.js'

const NEIGHBOURS = 10
const RECALL = 0.99
/** Room for rounding. */
const TOLERANCE = 1e-6

/**
 * Searches with all queries of a workload; a hit counts when its score is that of one of the true
 * neighbours, whichever of equally near rows it is.
 *
 * @returns the mean share of the true neighbours that were found
 * @internal
 */
export async function recallOfHits(collection: Collection, workload: Workload): Promise<number> {
  const { queries, stride, shape } = workload
  const count = queries.byteLength / stride
  let sum = 0
  for (let index = 0; index < count; index++) {
    const bytes = queries.subarray(index * stride, (index + 1) * stride)
    const search = { vector: typedView(shape.dtype, bytes), k: NEIGHBOURS, include: [] }
    const truth = await collection.search({ ...search, exact: true })
    const found = await collection.search({ ...search, recall: RECALL })
    const least = (truth.scores.at(-1) ?? 0) - TOLERANCE
    sum += found.scores.filter((score) => score >= least).length / Math.max(1, truth.scores.length)
  }
  return sum / count
}
