/**
 * The metrics, and the one rule that turns a distance into a score: higher is better.
 * Kernels return ordering distances (`l2` squared, `dot` negated); this file converts them.
 */

import type { Dtype } from './dtype.js'

/**
 * How two vectors are compared. `hamming` goes with dtype `bit`, and only with it. Of a query a and
 * a row b hits have a `distance`, smaller when nearer, and a `score`, higher when nearer:
 *
 * | metric | distance | score |
 * |---|---|---|
 * | `cosine` | 1 - cos, from 0 to 2 | cos = a·b / (‖a‖ ‖b‖); 0 where a or b is zero |
 * | `dot` | -a·b | a·b |
 * | `l2` | ‖a - b‖, the Euclidean distance | -‖a - b‖ |
 * | `hamming` | bits that differ | the same, negated |
 *
 * a·b is the sum of the products of their elements. For complex dtypes it is the real part of the
 * Hermitian product, the sum of Re(a) Re(b) + Im(a) Im(b): i a is orthogonal to a. ‖a‖ is the root
 * of a·a. Sums are made in double precision, and exact for integers below 64 bits; an l2 of float64
 * that overflows is `Infinity`.
 *
 * @public
 */
export type Metric = 'cosine' | 'dot' | 'l2' | 'hamming'

/**
 * All metrics, in the order of their stable codes.
 *
 * @public
 */
export const METRICS: readonly Metric[] = ['cosine', 'dot', 'l2', 'hamming']

/**
 * Whether a metric is defined for a dtype.
 *
 * @public
 */
export function metricFits(metric: Metric, dtype: Dtype): boolean {
  return (metric === 'hamming') === (dtype === 'bit')
}

/**
 * The distance that users see, from the ordering distance of a kernel: `l2` gets its root.
 *
 * @param metric - the metric of the collection
 * @param ordering - cosine: 1 - cos; dot: -dot; l2: squared distance; hamming: differing bits
 * @public
 */
export function distanceOf(metric: Metric, ordering: number): number {
  return metric === 'l2' ? Math.sqrt(ordering) : ordering
}

/**
 * The score that users see; higher is better: cosine: the cosine; dot: the inner product; l2 and
 * hamming: the negated distance.
 *
 * @param metric - the metric of the collection
 * @param ordering - the ordering distance of a kernel
 * @public
 */
export function scoreOf(metric: Metric, ordering: number): number {
  if (metric === 'cosine') return 1 - ordering
  // Subtracted, not negated: the score of a perfect match is 0, not -0.
  return 0 - distanceOf(metric, ordering)
}

/**
 * The largest ordering distance whose score is at least `minScore`.
 *
 * @param metric - the metric of the collection
 * @param minScore - the least score a hit may have
 * @internal
 */
export function orderingBoundOf(metric: Metric, minScore: number): number {
  if (metric === 'cosine') return 1 - minScore
  if (metric !== 'l2') return -minScore
  return minScore > 0 ? -1 : squareBoundOf(-minScore)
}

/** The largest number whose root is at most `root`: its square may round to either side. */
function squareBoundOf(root: number): number {
  let square = root * root
  for (let next = nextUp(square); Math.sqrt(next) <= root; next = nextUp(next)) square = next
  return square
}

/** The next larger double of one that is not negative. */
function nextUp(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.NaN
  const bits = new BigInt64Array(1)
  const number = new Float64Array(bits.buffer)
  number[0] = value
  bits[0] = (bits[0] ?? 0n) + 1n
  return number[0]
}
