/** The answer to a search: columns first, rows on demand. */

import type { VectorData } from '../dtype.js'
import type { Metadata, VectorId } from '../row.js'

/**
 * One hit of a search.
 *
 * @public
 */
export interface Hit {
  /** What the row is called. */
  readonly id: VectorId
  /** Higher is better, for every metric. */
  readonly score: number
  /** Lower is better: `1 - cosine`, the negated inner product, the l2 or the Hamming distance. */
  readonly distance: number
  /** Present when asked for and stored with the row. */
  readonly metadata?: Metadata
  /** Present when asked for: a copy, in the dtype's typed array. */
  readonly vector?: VectorData
}

/**
 * The columns behind {@link Hits}.
 *
 * @internal
 */
export interface HitColumns {
  readonly ids: BigUint64Array | readonly string[]
  readonly scores: Float64Array
  readonly distances: Float64Array
  readonly metadata?: readonly (Metadata | undefined)[]
  readonly vectors?: readonly VectorData[]
}

/**
 * The hits of a search, best first; ties in the order of insertion.
 *
 * @public
 */
export class Hits implements Iterable<Hit> {
  /** Ids of the hits: BigUint64Array, or strings. */
  readonly ids: BigUint64Array | readonly string[]
  /** Scores, higher is better. */
  readonly scores: Float64Array
  /** Distances, lower is better. */
  readonly distances: Float64Array
  readonly #columns: HitColumns

  /** @internal */
  constructor(columns: HitColumns) {
    this.ids = columns.ids
    this.scores = columns.scores
    this.distances = columns.distances
    this.#columns = columns
  }

  /** How many hits there are: min(k, rows that qualify). */
  get length(): number {
    return this.ids.length
  }

  /** The hit at a rank from 0, or from the end when negative; undefined when there is none. */
  at(rank: number): Hit | undefined {
    const i = rank < 0 ? this.length + rank : rank
    const id = this.ids[i]
    if (id === undefined) return undefined
    const metadata = this.#columns.metadata?.[i]
    const vector = this.#columns.vectors?.[i]
    return {
      id,
      score: this.scores[i] as number,
      distance: this.distances[i] as number,
      ...(metadata === undefined ? {} : { metadata }),
      ...(vector === undefined ? {} : { vector }),
    }
  }

  /** The hits as plain objects for `JSON.stringify`, which knows no bigint: ids become strings. */
  toJSON(): readonly object[] {
    return Array.from(this, (hit) => ({ ...hit, id: String(hit.id) }))
  }

  /** The hits as objects, best first. */
  *[Symbol.iterator](): IterableIterator<Hit> {
    for (let i = 0; i < this.length; i++) yield this.at(i) as Hit
  }
}
