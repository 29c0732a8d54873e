/** From sums to ordering distances: what happens to zeros, infinities and NaN, in one place. */

/**
 * `1 - dot / sqrt(queryNorm * rowNorm)`, in [0, 2]. A zero norm gives 1; an undefined quotient
 * (an infinite or NaN element) gives `+Infinity`. sqrt(n * n) is n exactly, so a row equal to the
 * query lies at 0 when its sums were made in the same order.
 *
 * @param dot - inner product
 * @param queryNorm - squared norm of the query
 * @param rowNorm - squared norm of the row
 * @internal
 */
export function cosineDistance(dot: number, queryNorm: number, rowNorm: number): number {
  const normProduct = queryNorm * rowNorm
  if (normProduct === 0) return 1
  const cosine = dot / Math.sqrt(normProduct)
  if (Number.isNaN(cosine)) return Number.POSITIVE_INFINITY
  return 1 - Math.max(-1, Math.min(1, cosine))
}

/**
 * `0 - dot`, never -0 and never NaN: an undefined sum is `+Infinity`.
 *
 * @param dot - inner product
 * @internal
 */
export function dotDistance(dot: number): number {
  return Number.isNaN(dot) ? Number.POSITIVE_INFINITY : 0 - dot
}

/**
 * The squared distance itself, with an undefined sum as `+Infinity`.
 *
 * @param sum - sum of squared differences
 * @internal
 */
export function squaredDistance(sum: number): number {
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum
}
