/** What a search looks for. */

/**
 * A query, checked and in the dtype of the collection.
 *
 * @internal
 */
export interface SearchQuery {
  /** One packed row. */
  readonly vector: Uint8Array
  readonly k: number
  /** Rows with a larger ordering distance are no hits. */
  readonly distanceMax: number
  /** Called between steps; throws to give up. */
  readonly checkpoint: () => void
}

/**
 * A search of one kind or the other.
 *
 * @internal
 */
export interface RowQuery extends SearchQuery {
  /** The share of the nearest rows to be found; undefined: all of them. */
  readonly recall: number | undefined
}

/**
 * A search that may miss a row now and then.
 *
 * @internal
 */
export interface CodeQuery extends SearchQuery {
  /** The share of the k nearest rows to be found, over many searches; above 0, below 1. */
  readonly recall: number
}
