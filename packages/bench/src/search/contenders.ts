/** Whoever answers queries: Sluice at a recall setting, a peer at one of its own. */

import type { Collection, VectorData, VectorId } from '@sluice/core'
import type { PeerSetting } from '../peer/peer-index.js'
import { typedView } from '../vectors/typed-view.js'
import type { Workload } from '../vectors/workload.js'

/** What an answer is made of: ids, or rows of a peer. */
type Answer = ArrayLike<VectorId | number>

/**
 * One that is asked.
 *
 * @internal
 */
export interface Contender {
  /** What its figures begin with. */
  readonly figure: string
  /** Called before a run of queries. */
  prepare(): void
  /** Answers the query of that number. */
  ask(query: number): Promise<Answer> | Answer
  /** The ids of an answer; not on the clock. */
  idsOf(answer: Answer): Iterable<VectorId>
}

/**
 * A collection.
 *
 * @param figure - what its figures begin with
 * @param collection - loaded with the rows of the workload
 * @param workload - its queries are asked
 * @param search - how: `k`, and a recall or `exact`
 * @internal
 */
export function collectionContender(
  figure: string,
  collection: Collection,
  workload: Workload,
  search: { readonly k: number; readonly recall?: number; readonly exact?: boolean },
): Contender {
  const vectors = queryVectors(workload)
  return {
    figure,
    prepare: () => undefined,
    ask: async (query) => {
      const vector = vectors[query] as VectorData
      return (await collection.search({ vector, ...search, include: [] })).ids
    },
    idsOf: (answer) => Array.from(answer as ArrayLike<VectorId>),
  }
}

/**
 * A peer.
 *
 * @param figure - what its figures begin with
 * @param setting - of an index of the rows of the workload, asked its queries
 * @param workload - knows the ids of rows
 * @internal
 */
export function peerContender(figure: string, setting: PeerSetting, workload: Workload): Contender {
  return {
    figure,
    prepare: () => setting.prepare(),
    ask: (query) => setting.search(query),
    idsOf: (answer) => Array.from(answer, (row) => workload.idOf(Number(row))),
  }
}

/**
 * The queries, each as the public API takes it.
 *
 * @internal
 */
export function queryVectors({ shape, queries, stride }: Workload): VectorData[] {
  return Array.from({ length: queries.byteLength / stride }, (_, index) =>
    typedView(shape.dtype, queries.subarray(index * stride, (index + 1) * stride)),
  )
}
