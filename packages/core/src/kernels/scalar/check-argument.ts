/** What checks of kernel arguments are made of: each throws `InvalidArgumentError` or returns. */

import { DTYPES, type Dtype, strideOf } from '../../dtype.js'
import { InvalidArgumentError } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import { METRICS, type Metric, metricFits } from '../../metric.js'

/** Row numbers are u32. @internal */
export const ROW_MAX = 0xffffffff

/**
 * Checks the shape of rows.
 *
 * @returns bytes of a row
 * @throws {@link InvalidArgumentError} naming what is wrong
 * @internal
 */
export function checkShape(dtype: Dtype, dimension: number): number {
  if (!DTYPES.includes(dtype)) reject(`dtype ${String(dtype)} is unknown`, { dtype })
  checkInteger('dimension', dimension, 1, LIMITS.dimensionMax)
  return strideOf(dtype, dimension)
}

/**
 * Checks that a metric is one and goes with the dtype.
 *
 * @throws {@link InvalidArgumentError} naming both
 * @internal
 */
export function checkMetric(pair: { readonly metric: Metric; readonly dtype: Dtype }): void {
  const { metric, dtype } = pair
  if (METRICS.includes(metric) && metricFits(metric, dtype)) return
  reject(`metric ${String(metric)} does not go with dtype ${dtype}`, { metric, dtype })
}

/**
 * Checks the class of an array.
 *
 * @throws {@link InvalidArgumentError} naming it
 * @internal
 */
export function checkArray(
  name: string,
  value: unknown,
  type: abstract new (...parameters: never[]) => object,
): void {
  if (!(value instanceof type)) reject(`${name} must be a ${type.name}`, { name })
}

/**
 * Checks that a number is an integer from `min` to `max`.
 *
 * @throws {@link InvalidArgumentError} naming it and what it is
 * @internal
 */
export function checkInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  const expected = min <= max ? `an integer from ${min} to ${max}` : `at least ${min}`
  reject(`${name} must be ${expected}, not ${String(value)}`, { name, min, max, actual: value })
}

/**
 * Checks that a number is the one expected.
 *
 * @throws {@link InvalidArgumentError} naming both
 * @internal
 */
export function checkEqual(name: string, actual: number, expected: number): void {
  if (actual !== expected) {
    reject(`${name} must be ${expected}, not ${actual}`, { name, expected, actual })
  }
}

/**
 * Checks that an array to be written shares no byte with any of the others: they would change
 * while they are read.
 *
 * @param name - of the array to be written
 * @param array - it
 * @param others - arrays by their names
 * @throws {@link InvalidArgumentError} naming the first pair that overlaps
 * @internal
 */
export function checkApart(
  name: string,
  array: ArrayBufferView,
  others: Readonly<Record<string, ArrayBufferView>>,
): void {
  const end = array.byteOffset + array.byteLength
  for (const [otherName, other] of Object.entries(others)) {
    if (array.buffer !== other.buffer || other.byteOffset >= end) continue
    if (other.byteOffset + other.byteLength <= array.byteOffset) continue
    reject(`${name} must not overlap ${otherName}`, { name, other: otherName })
  }
}

/**
 * Refuses an argument.
 *
 * @throws {@link InvalidArgumentError} always
 * @internal
 */
export function reject(message: string, details: Readonly<Record<string, unknown>>): never {
  throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message, { details })
}
