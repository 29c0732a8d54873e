/**
 * Distances to rows of int32 or uint32, exact. Elements are split into 16-bit halves; the three
 * partial sums of products stay below 2^46 for 4096 dimensions, so float64 adds them exactly, and
 * {@link joinSums} rounds once, at the end.
 */

import type { Metric } from '../../metric.js'
import type { RowDistance } from './float32-distance.js'
import { cosineDistance, dotDistance } from './ordering-distance.js'

/** How the two signednesses differ, both read as int32. */
interface Signedness {
  /** What is left of `element >> 16`: all of it, or 16 bits. */
  readonly highMask: number
  /** Flips uint32 so that signed differences equal unsigned ones. */
  readonly flip: number
}

const SIGNED: Signedness = { highMask: -1, flip: 0 }
const UNSIGNED: Signedness = { highMask: 0xffff, flip: 0x80000000 | 0 }

const HALF = 0x10000
const WORD = 0x100000000

/**
 * Distances to packed rows of 32-bit integers.
 *
 * @param metric - any but `hamming`
 * @param query - one row, bit patterns
 * @param rows - packed rows, bit patterns
 * @param signed - int32, not uint32
 * @internal
 */
export function integer32Distance(
  metric: Metric,
  query: Int32Array,
  rows: Int32Array,
  signed: boolean,
): RowDistance {
  const elements = query.length
  const { highMask, flip } = signed ? SIGNED : UNSIGNED
  if (metric === 'l2') return (row) => l2(query, rows, row * elements, flip)
  if (metric === 'dot') {
    return (row) => dotDistance(dot(query, rows, row * elements, highMask))
  }
  const queryNorm = norm(query, 0, elements, highMask)
  return (row) => {
    const base = row * elements
    const rowNorm = norm(rows, base, elements, highMask)
    return cosineDistance(dot(query, rows, base, highMask), queryNorm, rowNorm)
  }
}

function dot(query: Int32Array, rows: Int32Array, base: number, highMask: number): number {
  let high = 0
  let middle = 0
  let low = 0
  for (let i = 0; i < query.length; i++) {
    const q = query[i]!
    const x = rows[base + i]!
    const qHigh = (q >> 16) & highMask
    const xHigh = (x >> 16) & highMask
    const qLow = q & 0xffff
    const xLow = x & 0xffff
    high += qHigh * xHigh
    middle += qHigh * xLow + qLow * xHigh
    low += qLow * xLow
  }
  return joinSums(high, middle, low)
}

function norm(rows: Int32Array, base: number, elements: number, highMask: number): number {
  let high = 0
  let middle = 0
  let low = 0
  for (let i = base; i < base + elements; i++) {
    const x = rows[i]!
    const xHigh = (x >> 16) & highMask
    const xLow = x & 0xffff
    high += xHigh * xHigh
    middle += 2 * xHigh * xLow
    low += xLow * xLow
  }
  return joinSums(high, middle, low)
}

function l2(query: Int32Array, rows: Int32Array, base: number, flip: number): number {
  let high = 0
  let middle = 0
  let low = 0
  for (let i = 0; i < query.length; i++) {
    // Up to 33 bits with the sign, so the high half takes 17.
    const difference = (query[i]! ^ flip) - (rows[base + i]! ^ flip)
    const differenceLow = difference & 0xffff
    const differenceHigh = (difference - differenceLow) / HALF
    high += differenceHigh * differenceHigh
    middle += 2 * differenceHigh * differenceLow
    low += differenceLow * differenceLow
  }
  return joinSums(high, middle, low)
}

/**
 * `high * 2^32 + middle * 2^16 + low`, rounded once: carries are moved up until the low word is
 * below 2^32, so that both terms of the final addition are exact.
 */
function joinSums(high: number, middle: number, low: number): number {
  const middleHigh = Math.floor(middle / HALF)
  const rest = (middle - middleHigh * HALF) * HALF + low
  const carry = Math.floor(rest / WORD)
  return (high + middleHigh + carry) * WORD + (rest - carry * WORD)
}
