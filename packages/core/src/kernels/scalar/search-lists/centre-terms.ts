/**
 * What bounds of codes need to know beside a query's tables, by what the codes are centred on: the
 * constant that they leave out and the weight of their errors (docs/codes.md, "A query and a
 * list").
 */

import type { QueryTerms } from '../../../contract/code-kernels.js'
import type { CodeLists, ListSearch } from '../../../contract/list-search.js'
import { sumSquaredDifferences, sumSquares } from '../codes/sum64.js'

/** How far float32 may be off, of what distances are the small difference of. */
const SLACK = 2 ** -20

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
  /** Squared, of the query where that is what distances are a difference of. */
  readonly #squaredLength: number = 0
  /** What the rounding of tables adds to the squared distance from a centroid. */
  readonly #rounding: number
  /** The part of the constant that is the same for all lists; undefined where there is none. */
  readonly #base: number | undefined

  /** @param u - the query as the metric compares it */
  constructor(search: ListSearch, terms: QueryTerms, u: Float32Array) {
    const { metric, mean, signs } = search.space
    this.#search = search
    this.#terms = terms
    this.#u = u
    const sixteenths = signs.length / 2 / 16
    this.#rounding = Math.fround(Math.fround(terms.scale * terms.scale) * sixteenths)
    if (metric === 'l2' || metric === 'hamming') return
    this.#squaredLength = sumSquares(u, mean.length)
    const half = Math.fround(0.5 * this.#squaredLength)
    this.#base = Math.fround((metric === 'cosine' ? 1 : 0) - half)
  }

  /** Of codes that are centred on the mean. */
  ofMean(): CentreTerm {
    const { constant, norm } = this.#terms
    return this.#weighed(constant, Math.fround(norm * norm), this.#search.tailEps * norm)
  }

  /** Of codes that are centred on the centroid of a list. */
  ofCentroid({ centroids }: CodeLists, list: number): CentreTerm {
    const elements = this.#search.space.mean.length
    const squared = sumSquaredDifferences(this.#u, centroids, list * elements, elements)
    const half = Math.fround(0.5 * squared)
    const constant = this.#base === undefined ? squared : Math.fround(this.#base + half)
    const norm = Math.fround(Math.sqrt(Math.fround(squared + this.#rounding)))
    return this.#weighed(constant, squared, this.#search.eps * norm)
  }

  /**
   * Without a constant, or tables, there are no bounds.
   *
   * @param squared - how far the centre is from the query
   */
  #weighed(exact: number, squared: number, weight: number): CentreTerm {
    const magnitude = Math.fround(this.#squaredLength + squared)
    const constant = Math.fround(exact - Math.fround(magnitude * SLACK))
    const isBlind = !Number.isFinite(constant) || this.#terms.norm === Number.POSITIVE_INFINITY
    return { constant, weight: isBlind ? Number.POSITIVE_INFINITY : Math.fround(weight) }
  }
}
