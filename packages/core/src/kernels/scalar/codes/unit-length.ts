/**
 * Rows at length 1, as cosine compares them. Where the squares of a row fit float32 comfortably it
 * is divided by its length as it is; other rows are first brought near 1 by a power of two, so that
 * no finite row but zero is lost. Arithmetic: docs/codes.md.
 */

import { sumSquares } from './sum64.js'

const SQUARE_MIN = 2 ** -60
const SQUARE_MAX = 2 ** 100

const number = new Float64Array(1)
const words = new Uint32Array(number.buffer)

/**
 * Brings a row that float32 holds exactly to length 1, in place.
 *
 * @param u - the row, and what may follow it
 * @param spare - room for the row, overwritten now and then
 * @internal
 */
export function unitNarrow(u: Float32Array, spare: Float64Array): void {
  const elements = spare.length
  const squared = sumSquares(u, elements)
  if (squared >= SQUARE_MIN && squared <= SQUARE_MAX) {
    scale(u, elements, squared)
    return
  }
  for (let i = 0; i < elements; i++) spare[i] = u[i]!
  unitWide(spare, u)
}

/**
 * A row at length 1: zeros for a row of zeros, NaN for one with NaN or an infinity.
 *
 * @param x - the row
 * @param u - where it goes; what follows the row is left alone
 * @internal
 */
export function unitWide(x: Float64Array, u: Float32Array): void {
  let largest = 0
  for (let i = 0; i < x.length; i++) {
    const magnitude = Math.abs(x[i]!)
    // NaN is passed over: it comes out again as the length.
    if (magnitude > largest) largest = magnitude
  }
  if (largest === Number.POSITIVE_INFINITY) {
    u.fill(Number.NaN, 0, x.length)
    return
  }
  const exponent = largest === 0 ? 0 : exponentOf(largest)
  // In two steps, because 2^1074 is no number.
  const half = Math.floor(exponent / 2)
  const first = 2 ** -half
  const second = 2 ** (half - exponent)
  for (let i = 0; i < x.length; i++) u[i] = x[i]! * first * second
  const squared = sumSquares(u, x.length)
  // Filled, because zeros may have a sign until here.
  if (squared === 0) u.fill(0, 0, x.length)
  else scale(u, x.length, squared)
}

function scale(u: Float32Array, elements: number, squared: number): void {
  const factor = Math.fround(1 / Math.fround(Math.sqrt(squared)))
  for (let i = 0; i < elements; i++) u[i] = u[i]! * factor
}

/** `e` of `2^e <= value < 2^(e + 1)`, for a finite positive value. */
function exponentOf(value: number): number {
  const subnormal = value < 2 ** -1022
  number[0] = subnormal ? value * 2 ** 54 : value
  return (words[1]! >>> 20) - 1023 - (subnormal ? 54 : 0)
}
