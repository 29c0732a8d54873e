/** Which rows count: those from the first that was not freed on, as far as a mask lets them. */

/**
 * Which rows count. A collection that drops its oldest rows has few left of all that there ever
 * were: nothing here is as large as the number of those.
 *
 * @internal
 */
export interface RowMask {
  /** Rows below do not count; a multiple of 32. */
  readonly firstRow: number
  /** Bit `i & 31` of word `i >>> 5` is that of row `firstRow + i`. All count when undefined. */
  readonly mask: Uint32Array | undefined
}

/**
 * Whether a row counts.
 *
 * @internal
 */
export function counts({ firstRow, mask }: RowMask, row: number): boolean {
  if (row < firstRow) return false
  const at = row - firstRow
  return mask === undefined || (((mask[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1
}
