/** What makes vectors: one at a time, into numbers that the caller owns. */

import type { Random } from '../random.js'

/**
 * Vectors of one distribution.
 *
 * @internal
 */
export interface Distribution {
  /**
   * Writes the next vector, of length 1.
   *
   * @param values - takes it
   * @param place - where in the stream it will be, from 0 to 1: of account where the order is
   */
  next(values: Float64Array, place: number): void
}

/**
 * What a distribution is made from.
 *
 * @internal
 */
export interface DistributionShape {
  /** Numbers of a vector. */
  readonly valueCount: number
  /** Makes the shape first, and the vectors then. */
  readonly random: Random
}

/**
 * Scales a vector to length 1; one of zeros stays.
 *
 * @internal
 */
export function scaleToUnit(values: Float64Array): void {
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    squares += value * value
  }
  const scale = squares === 0 ? 1 : 1 / Math.sqrt(squares)
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * scale
}

/**
 * Random directions, each of about length 1, one after the other.
 *
 * @internal
 */
export function randomDirections(
  { valueCount, random }: DistributionShape,
  count: number,
): Float32Array {
  const directions = new Float32Array(count * valueCount)
  const scale = 1 / Math.sqrt(valueCount)
  for (let i = 0; i < directions.length; i++) directions[i] = random.normal() * scale
  return directions
}
