/** Which of the nearest rows of a query calibration looks at. */

import type { NearestRows } from '../../kernels/nearest-heap.js'

/** Those of an answer of 10, and what may take their place. */
const CANDIDATES = 32
/** For one query in four: those of an answer of 100 as well. */
const CANDIDATES_MANY = 128
const MANY_SHARE = 0.25
/** The golden ratio, of 2^32: its multiples are spread evenly, and so is every other of them. */
const SPREADER = 0x9e3779b1
/**
 * Of rows that have nothing in common with a query, 1 in 740 is missed: the nearest hardly are.
 *
 * @internal
 */
export const TRUTH_EPS = 3

/**
 * Whether so many rows are looked at for the query of that number that they tell of answers of 100.
 *
 * @internal
 */
export function isForMany(query: number): boolean {
  return Math.imul(query, SPREADER) >>> 0 < MANY_SHARE * 2 ** 32
}

/**
 * How many rows must be found for the query of that number, which may be one of them.
 *
 * @internal
 */
export function wantedFor(query: number): number {
  return 1 + (isForMany(query) ? CANDIDATES_MANY : CANDIDATES)
}

/**
 * All but one row.
 *
 * @internal
 */
export function without({ rows, distances }: NearestRows, row: number): NearestRows {
  return {
    rows: rows.filter((other) => other !== row),
    distances: distances.filter((_, i) => rows[i] !== row),
  }
}
