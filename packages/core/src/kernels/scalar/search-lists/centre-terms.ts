/**
 * What bounds of codes need to know beside a query's tables, by what the codes are centred on: the
 * constant that they leave out and the weight of their errors (docs/codes.md, "A query and a
 * list").
 */

import type { QueryTerms } from '../../../contract/code-kernels.js'
import type { CodeLists, ListSearch } from '../../../contract/list-search.js'
import { sumSquaredDifferences, sumSquares } from '../codes/sum64.js'

/**
 * Of one centre.
 *
 * @internal
 */
export interface CentreTerm {
  /** Added to all bounds. */
  readonly constant: number
  /** What errors are multiplied by, a float32. */
  readonly weight: number
}

/**
 * Of all centres of one query.
 *
 * @internal
 */
export class CentreTerms {
  readonly #search: ListSearch
  readonly #terms: QueryTerms
  readonly #u: Float32Array
  /** The part of the constant that is the same for all lists; undefined where there is none. */
  readonly #base: number | undefined

  /** @param u - the query as the metric compares it */
  constructor(search: ListSearch, terms: QueryTerms, u: Float32Array) {
    const { metric, mean } = search.space
    this.#search = search
    this.#terms = terms
    this.#u = u
    if (metric === 'l2' || metric === 'hamming') return
    const half = Math.fround(0.5 * sumSquares(u, mean.length))
    this.#base = Math.fround((metric === 'cosine' ? 1 : 0) - half)
  }

  /** Of codes that are centred on the mean. */
  ofMean(): CentreTerm {
    const { constant, norm } = this.#terms
    return this.#weighed(constant, this.#search.tailEps * norm)
  }

  /** Of codes that are centred on the centroid of a list. */
  ofCentroid({ centroids }: CodeLists, list: number): CentreTerm {
    const elements = this.#search.space.mean.length
    const squared = sumSquaredDifferences(this.#u, centroids, list * elements, elements)
    const half = Math.fround(0.5 * squared)
    const constant = this.#base === undefined ? squared : Math.fround(this.#base + half)
    return this.#weighed(constant, this.#search.eps * Math.fround(Math.sqrt(squared)))
  }

  /** Without a constant, or tables, there are no bounds. */
  #weighed(constant: number, weight: number): CentreTerm {
    const isBlind = !Number.isFinite(constant) || this.#terms.norm === Number.POSITIVE_INFINITY
    return { constant, weight: isBlind ? Number.POSITIVE_INFINITY : Math.fround(weight) }
  }
}
