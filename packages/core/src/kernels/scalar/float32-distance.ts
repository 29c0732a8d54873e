/**
 * Distances to rows of float32 elements, accumulated in float64: products of two float32 are exact
 * and nothing overflows. Small integers and 16-bit floats arrive here widened, and are then exact
 * all the way: |sum| < 2^45 for 4096 dimensions of 16-bit integers.
 * Four accumulators hide the latency of an addition. The loops see one array class only, which
 * keeps them fast, so float64-distance.ts repeats their shape on purpose.
 */

import type { Metric } from '../../metric.js'
import { cosineDistance, dotDistance, squaredDistance } from './ordering-distance.js'

/**
 * The ordering distance of a row, by its number.
 *
 * @internal
 */
export type RowDistance = (row: number) => number

/**
 * Distances to packed rows of float32.
 *
 * @param metric - any but `hamming`
 * @param query - the query, widened; its length is the elements of a row
 * @param rows - packed rows
 * @internal
 */
export function float32Distance(
  metric: Metric,
  query: Float64Array,
  rows: Float32Array,
): RowDistance {
  const elements = query.length
  if (metric === 'dot') return (row) => dotDistance(dot(query, rows, row * elements))
  if (metric === 'l2') return (row) => squaredDistance(l2(query, rows, row * elements))
  const queryNorm = dot(query, Float32Array.from(query), 0)
  return (row) => cosine(query, queryNorm, rows, row * elements)
}

function dot(query: Float64Array, rows: Float32Array, base: number): number {
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

function l2(query: Float64Array, rows: Float32Array, base: number): number {
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

/** Inner product and squared norm in one pass, each summed as `dot` sums. */
function cosine(query: Float64Array, queryNorm: number, rows: Float32Array, base: number): number {
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
  return cosineDistance(a + b + (c + d), queryNorm, normA + normB + (normC + normD))
}
