/**
 * What a calibration says: how to search the lists of an index so that a share of the nearest rows
 * is found. Plain data, to be stored. Types only.
 */

/**
 * How to search.
 *
 * @internal
 */
export interface SearchPlan {
  /** At most so many lists are scanned, the nearest. */
  readonly probes: number
  /** How much farther away than the nearest ones they may be (`ListSearch.reach`). */
  readonly reach: number
  /** How sure the bounds of codes must be. */
  readonly eps: number
}

/**
 * A plan that was found to do.
 *
 * @internal
 */
export interface CalibratedPlan extends SearchPlan {
  /** For answers of at most so many rows. */
  readonly k: number
  /** The share of the nearest rows that it finds. */
  readonly recall: number
}

/**
 * What was found out about the lists of an index.
 *
 * @internal
 */
export interface Calibration {
  readonly listCount: number
  /** By k, then by recall, both ascending. */
  readonly plans: readonly CalibratedPlan[]
  /** Rows that were used as queries. */
  readonly rowQueries: number
  /** Queries of users that were used. */
  readonly userQueries: number
  /** Whether a search of lists with a recall of 0.95 is faster than one of codes in row order. */
  readonly listsPay: boolean
}
