/**
 * Distances to rows of float64 elements, in float64. Sums may overflow: l2 is then `+Infinity`,
 * an undefined dot too. Cosine never suffers: the query is scaled by a power of two beforehand,
 * and a row whose squared norm leaves the safe range is scaled by its largest element.
 * The shape of the loops is that of float32-distance.ts, repeated for the sake of one array class.
 */

import type { Metric } from '../../metric.js'
import type { RowDistance } from './float32-distance.js'
import { cosineDistance, dotDistance, squaredDistance } from './ordering-distance.js'

/** Squared norms of rows in between neither lose bits to underflow nor overflow in a product. */
const NORM_MIN = 2 ** -900
const NORM_MAX = 2 ** 1000

/**
 * Distances to packed rows of float64.
 *
 * @param metric - any but `hamming`
 * @param query - the query; its length is the elements of a row
 * @param rows - packed rows
 * @internal
 */
export function float64Distance(
  metric: Metric,
  query: Float64Array,
  rows: Float64Array,
): RowDistance {
  const elements = query.length
  if (metric === 'dot') return (row) => dotDistance(dot(query, rows, row * elements))
  if (metric === 'l2') return (row) => squaredDistance(l2(query, rows, row * elements))
  const scaled = scaleQuery(query)
  const queryNorm = dot(scaled, scaled, 0)
  return (row) => cosine(scaled, queryNorm, rows, row * elements)
}

function dot(query: Float64Array, rows: Float64Array, base: number): number {
  const { length } = query
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < length; i += 4) {
    const at = base + i
    a += query[i]! * rows[at]!
    b += query[i + 1]! * rows[at + 1]!
    c += query[i + 2]! * rows[at + 2]!
    d += query[i + 3]! * rows[at + 3]!
  }
  for (; i < length; i++) a += query[i]! * rows[base + i]!
  return a + b + (c + d)
}

function l2(query: Float64Array, rows: Float64Array, base: number): number {
  const { length } = query
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < length; i += 4) {
    const at = base + i
    const p = query[i]! - rows[at]!
    const q = query[i + 1]! - rows[at + 1]!
    const r = query[i + 2]! - rows[at + 2]!
    const s = query[i + 3]! - rows[at + 3]!
    a += p * p
    b += q * q
    c += r * r
    d += s * s
  }
  for (; i < length; i++) {
    const p = query[i]! - rows[base + i]!
    a += p * p
  }
  return a + b + (c + d)
}

function cosine(query: Float64Array, queryNorm: number, rows: Float64Array, base: number): number {
  const { length } = query
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let normA = 0
  let normB = 0
  let normC = 0
  let normD = 0
  let i = 0
  for (; i + 3 < length; i += 4) {
    const at = base + i
    const p = rows[at]!
    const q = rows[at + 1]!
    const r = rows[at + 2]!
    const s = rows[at + 3]!
    a += query[i]! * p
    b += query[i + 1]! * q
    c += query[i + 2]! * r
    d += query[i + 3]! * s
    normA += p * p
    normB += q * q
    normC += r * r
    normD += s * s
  }
  for (; i < length; i++) {
    const p = rows[base + i]!
    a += query[i]! * p
    normA += p * p
  }
  const rowNorm = normA + normB + (normC + normD)
  if (!(rowNorm > NORM_MIN && rowNorm < NORM_MAX)) {
    return extremeCosine(query, queryNorm, rows.subarray(base, base + length))
  }
  return cosineDistance(a + b + (c + d), queryNorm, rowNorm)
}

/** The rare row that is zero, tiny, huge or not finite. */
function extremeCosine(query: Float64Array, queryNorm: number, row: Float64Array): number {
  const largest = largestMagnitude(row)
  if (largest === 0) return cosineDistance(0, queryNorm, 0)
  const scaled = row.map((element) => element / largest)
  return cosineDistance(dot(query, scaled, 0), queryNorm, dot(scaled, scaled, 0))
}

/** The query times a power of two that brings its largest element into [1, 2). */
function scaleQuery(query: Float64Array): Float64Array {
  const largest = largestMagnitude(query)
  if (largest === 0 || !Number.isFinite(largest)) return query
  const exponent = Math.floor(Math.log2(largest))
  // Two steps, because 2^1074, which a subnormal needs, is not a float64.
  const half = Math.trunc(exponent / 2)
  return query.map((element) => element * 2 ** -half * 2 ** (half - exponent))
}

function largestMagnitude(row: Float64Array): number {
  let largest = 0
  for (const element of row) {
    const magnitude = Math.abs(element)
    if (!(magnitude <= largest)) largest = magnitude
  }
  return largest
}
