/** Which lists a search scans, by how far their centroids are: docs/codes.md, "Which lists". */

/**
 * Lists with the best estimates: their distances say how far away near is.
 *
 * @internal
 */
export const FIRST_LISTS = 24
/** Near is between the least of them and this one, in order. */
const TENTH = 10
const LEAST_SHARE = 0.3
const TENTH_SHARE = 0.7
/** Beside a quarter more lists than may be scanned so many are looked at. */
const SPARE_LISTS = 8

/**
 * How many lists are looked at where so many may be scanned.
 *
 * @internal
 */
export function nearMaxOf(probes: number): number {
  return Math.max(FIRST_LISTS, probes + Math.floor(probes / 4) + SPARE_LISTS)
}

/**
 * The least `probes` with which the list with the best estimate but `rank - 1` is looked at.
 *
 * @internal
 */
export function probesToSee(rank: number): number {
  return rank <= FIRST_LISTS ? 1 : Math.ceil((4 * (rank - SPARE_LISTS)) / 5)
}

/**
 * How far away near is.
 *
 * @param first - estimates or distances of the lists with the best estimates; put in order
 * @internal
 */
export function nearnessOf(first: Float32Array | Float64Array): number {
  first.sort()
  const least = first[0] ?? Number.NaN
  const tenth = first[Math.min(TENTH, first.length) - 1] ?? Number.NaN
  return LEAST_SHARE * least + TENTH_SHARE * tenth
}
