/**
 * Scales of axes: where a value lies between the ends of an axis, and which values to label.
 * Ticks are finite, ascending, at least two, and the first and the last are the ends; so every
 * value of the data lies between two ticks, however odd the data (none, one, all equal, zero).
 */

import { tickText } from './numbers.js'

/**
 * One axis.
 *
 * @internal
 */
export interface Scale {
  /** Ascending; the first is at 0 and the last at 1. */
  readonly ticks: readonly number[]
  /** Where a value lies, from 0 to 1; values beyond an end are put there. */
  readonly at: (value: number) => number
  /** A tick as text. */
  readonly text: (tick: number) => string
}

/** Beyond this, and closer to zero than its inverse, differences and powers are not exact. */
const MAGNITUDE_MAX = 1e200

/**
 * An axis with even steps of 1, 2 or 5 times a power of ten.
 *
 * @param values - what is to lie on it; values that are not finite are passed over
 * @param stepCount - how many steps are meant, at least 2; there are at most twice as many
 * @internal
 */
export function linearScale(values: readonly number[], stepCount = 4): Scale {
  return scaleOf(linearTicks(...extentOf(values), stepCount), (value) => value)
}

/**
 * An axis that begins (or ends) at zero: for lengths of bars and everything that is read as one.
 *
 * @internal
 */
export function zeroScale(values: readonly number[], stepCount = 4): Scale {
  return linearScale([0, ...values], stepCount)
}

/**
 * A logarithmic axis; values that are not above zero are put at its low end.
 *
 * @internal
 */
export function logScale(values: readonly number[]): Scale {
  return scaleOf(logTicks(values), Math.log)
}

/**
 * An axis of powers of two from 1 on, such as batch sizes.
 *
 * @internal
 */
export function doublingScale(values: readonly number[], stepCount = 4): Scale {
  const [min, max] = extentOf(values.filter((value) => value >= 1))
  const low = Math.floor(Math.log2(min || 1))
  const high = Math.max(low + 1, Math.ceil(Math.log2(max || 1)))
  const stride = Math.ceil((high - low) / stepCount)
  const steps = Math.ceil((high - low) / stride)
  const ticks = Array.from({ length: steps + 1 }, (_, step) => 2 ** (low + step * stride))
  const text = (tick: number): string => tick.toLocaleString('en-US')
  return { ...scaleOf(ticks, Math.log), text }
}

/** Labelled recalls; one is out of reach on a scale of nines and is put at the last. */
const RECALL_TICKS = [0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999] as const
const RECALL_MAX = 0.9999

/**
 * An axis of recalls on which .9, .99 and .999 are as far from each other.
 *
 * @internal
 */
export function recallScale(values: readonly number[]): Scale {
  const [min, max] = extentOf(values.map((value) => Math.min(Math.max(value, 0), RECALL_MAX)))
  const first = RECALL_TICKS.findLastIndex((tick, index) => tick <= min && index < 7)
  const last = RECALL_TICKS.findIndex((tick, index) => tick >= max && index > first)
  const ticks = RECALL_TICKS.slice(Math.max(first, 0), last < 0 ? undefined : last + 1)
  const scale = scaleOf(ticks, (value) => -Math.log(1 - Math.min(value, RECALL_MAX)))
  return { ...scale, text: (tick) => (tick === RECALL_MAX ? '\u2265.9999' : recallText(tick)) }
}

/** Recalls are written as in a paper: .99. */
function recallText(tick: number): string {
  return tick === 0 ? '0' : String(tick).replace(/^0/, '')
}

function scaleOf(ticks: readonly number[], map: (value: number) => number): Scale {
  const first = ticks[0] as number
  const last = ticks[ticks.length - 1] as number
  const low = map(first)
  const length = map(last) - low
  function at(value: number): number {
    if (!(value > first)) return 0
    return value >= last ? 1 : (map(value) - low) / length
  }
  return { ticks, at, text: (tick) => tickText(tick, ticks) }
}

/** The least and the greatest finite value, of magnitudes that can be reckoned with. */
function extentOf(values: readonly number[]): [min: number, max: number] {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    const tame = Math.abs(value) < 1 / MAGNITUDE_MAX ? 0 : value
    min = Math.min(min, Math.max(tame, -MAGNITUDE_MAX))
    max = Math.max(max, Math.min(tame, MAGNITUDE_MAX))
  }
  return min > max ? [0, 0] : [min, max]
}

/** Differences smaller than this share of the values are noise of their representation. */
const DIFFERENCE_MIN = 1e-9

function linearTicks(min: number, max: number, stepCount: number): number[] {
  const size = Math.max(Math.abs(min), Math.abs(max))
  if (size === 0) return [0, 1]
  const flat = max - min <= size * DIFFERENCE_MIN
  const low = flat ? Math.min(0, min) : min
  const high = flat ? Math.max(0, max) : max
  const step = niceStep((high - low) / stepCount)
  const first = Math.floor(low / step)
  const last = Math.max(first + 1, Math.ceil(high / step))
  return Array.from({ length: last - first + 1 }, (_, index) => multiple(first + index, step))
}

/** The product as it would be written, without the last digits of a binary fraction. */
function multiple(count: number, step: number): number {
  return Number((count * step).toPrecision(12))
}

/** The least of 1, 2 and 5 times a power of ten that is not below `length`. */
function niceStep(length: number): number {
  const exponent = Math.floor(Math.log10(length))
  const unit = power(exponent)
  for (const factor of [1, 2, 5]) if (factor * unit >= length) return factor * unit
  return power(exponent + 1)
}

/** A power of ten, rounded once. */
function power(exponent: number): number {
  return Number(`1e${exponent}`)
}

/** Above this, an axis labels powers of ten only. */
const DENSE_DECADES_MAX = 2
const DECADE_LABELS_MAX = 6

function logTicks(values: readonly number[]): number[] {
  const [min, max] = extentOf(values.filter((value) => value > 0))
  if (min === 0) return [1, 10]
  const low = Math.floor(Math.log10(min))
  const high = Math.ceil(Math.log10(max))
  const dense = Math.log10(max) - Math.log10(min) <= DENSE_DECADES_MAX
  const stride = Math.ceil((high - low) / DECADE_LABELS_MAX) || 1
  const candidates: number[] = []
  for (let exponent = low - 1; exponent <= high + stride; exponent += dense ? 1 : stride) {
    for (const factor of dense ? [1, 2, 5] : [1]) candidates.push(Number(`${factor}e${exponent}`))
  }
  const first = candidates.findLastIndex((tick) => tick <= min)
  const last = candidates.findIndex((tick, index) => tick >= max && index > first)
  return candidates.slice(Math.max(first, 0), last + 1)
}
