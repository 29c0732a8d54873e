/** The answer to a search: columns first, rows on demand. */

import type { Dtype, VectorData } from '../dtype.js'
import type { IdColumn, Metadata, VectorId } from '../row.js'

/**
 * One hit of a search.
 *
 * @typeParam M - metadata of a row
 * @typeParam Id - what rows are called
 * @typeParam D - the element type
 * @public
 */
export interface Hit<
  M extends object = Metadata,
  Id extends VectorId = VectorId,
  D extends Dtype = Dtype,
> {
  /** What the row is called. */
  readonly id: Id
  /** Higher is better, for every metric. */
  readonly score: number
  /** Lower is better: `1 - cosine`, the negated inner product, the l2 or the Hamming distance. */
  readonly distance: number
  /** Present when asked for and stored with the row. */
  readonly metadata?: M
  /** Present when asked for: a copy, in the dtype's typed array. */
  readonly vector?: VectorData<D>
}

/**
 * The columns behind {@link Hits}.
 *
 * @internal
 */
export interface HitColumns<M extends object, Id extends VectorId, D extends Dtype> {
  readonly ids: IdColumn<Id>
  readonly scores: Float64Array
  readonly distances: Float64Array
  readonly metadata?: readonly (M | undefined)[]
  readonly vectors?: readonly VectorData<D>[]
}

/**
 * The hits of a search, best first; ties in the order of insertion.
 *
 * @typeParam M - metadata of a row
 * @typeParam Id - what rows are called
 * @typeParam D - the element type
 * @public
 */
export class Hits<
  M extends object = Metadata,
  Id extends VectorId = VectorId,
  D extends Dtype = Dtype,
> implements Iterable<Hit<M, Id, D>>
{
  /** Ids of the hits: BigUint64Array, or strings; an empty array before the first row. */
  readonly ids: IdColumn<Id>
  /** Scores, higher is better. */
  readonly scores: Float64Array
  /** Distances, lower is better. */
  readonly distances: Float64Array
  readonly #columns: HitColumns<M, Id, D>

  /** @internal */
  constructor(columns: HitColumns<M, Id, D>) {
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
  at(rank: number): Hit<M, Id, D> | undefined {
    const i = rank < 0 ? this.length + rank : rank
    const id = this.ids[i] as Id | undefined
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
  *[Symbol.iterator](): IterableIterator<Hit<M, Id, D>> {
    for (let i = 0; i < this.length; i++) yield this.at(i) as Hit<M, Id, D>
  }
}
