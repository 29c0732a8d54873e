/** How many of the true neighbours searches of what was just loaded find. */

import type { Collection } from '@sluice/core'
import type { GroundTruth } from '../vectors/recall.js'
import { typedView } from '../vectors/typed-view.js'
import type { Workload } from '../vectors/workload.js'

/**
 * Hits of a search.
 *
 * @internal
 */
export const NEIGHBOURS = 10

/**
 * The recall that searches ask for.
 *
 * @internal
 */
export const RECALL_ASKED = 0.99

/**
 * What is searched, and what is true of it.
 *
 * @internal
 */
export interface RecallSubject {
  readonly collection: Collection
  /** Has the queries. */
  readonly workload: Workload
  /** Of the same queries. */
  readonly truth: GroundTruth
}

/**
 * Searches with all queries, one after the other.
 *
 * @returns the mean recall
 * @throws SluiceError of a search
 * @internal
 */
export async function measureRecall(subject: RecallSubject): Promise<number> {
  const { collection, workload, truth } = subject
  const { queries, stride, shape } = workload
  const count = queries.byteLength / stride
  let sum = 0
  for (let index = 0; index < count; index++) {
    const bytes = queries.subarray(index * stride, (index + 1) * stride)
    const vector = typedView(shape.dtype, bytes)
    const settings = { vector, k: NEIGHBOURS, recall: RECALL_ASKED, include: [] }
    const hits = await collection.search(settings)
    sum += truth.recallOf(index, hits.ids)
  }
  return sum / count
}
