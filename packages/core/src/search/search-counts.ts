/** How many queries were answered, and which way. */

import type { SearchWay } from './search-way.js'

/**
 * Queries answered since opening, those of `searchMany` each counted, by the way they went.
 *
 * @public
 */
export interface SearchStats {
  /** Through lists of the index. */
  readonly lists: number
  /** Through codes of the index, which has no lists yet. */
  readonly codes: number
  /** By comparing every row. */
  readonly exact: number
}

/**
 * Counts queries. Adding allocates nothing.
 *
 * @internal
 */
export class SearchCounts {
  readonly #counts: Record<SearchWay, number> = { lists: 0, codes: 0, exact: 0 }

  /** Counts queries that went one way. */
  add(way: SearchWay, count: number): void {
    this.#counts[way] += count
  }

  /** The counts, now. */
  stats(): SearchStats {
    return { ...this.#counts }
  }
}
