/** Queries in two sets: those that are asked before an index is built would be known to it. */

/**
 * How many queries are wanted.
 *
 * @internal
 */
export interface QueryCounts {
  /** To be asked once the lists are built. */
  readonly mainMax: number
  /** To be asked before. */
  readonly earlyMax: number
}

/** From and to. */
type Range = readonly [number, number]

/**
 * The first queries are the main ones, the next ones are asked before; at most half of all are.
 *
 * @param queryCount - that there are, at least 1
 * @param counts - that are wanted
 * @internal
 */
export function splitQueries(
  queryCount: number,
  { mainMax, earlyMax }: QueryCounts,
): { readonly main: Range; readonly early: Range } {
  const earlyCount = Math.min(earlyMax, Math.floor(queryCount / 2))
  const mainCount = Math.min(mainMax, queryCount - earlyCount)
  return { main: [0, mainCount], early: [mainCount, mainCount + earlyCount] }
}
