/** Numbers as people read them, in few characters. */

import { formatNumber } from '../report-text.js'

const PREFIXES = [
  { unit: 1e12, letter: 'T' },
  { unit: 1e9, letter: 'G' },
  { unit: 1e6, letter: 'M' },
  { unit: 1e3, letter: 'k' },
] as const

/** From here on an axis says 10k instead of 10,000. */
const WHOLE_MAX = 1e4
const WRITTEN_MAX = 1e15
const WRITTEN_MIN = 1e-4

/**
 * A tick as text: short where the axis reaches far.
 *
 * @param tick - one of `ticks`
 * @param ticks - all of the axis
 * @internal
 */
export function tickText(tick: number, ticks: readonly number[]): string {
  if (tick === 0) return '0'
  const size = Math.max(...ticks.map(Math.abs))
  if (size >= WRITTEN_MAX || Math.abs(tick) < WRITTEN_MIN) return tick.toExponential()
  const prefix = size < WHOLE_MAX ? undefined : PREFIXES.find(({ unit }) => Math.abs(tick) >= unit)
  if (prefix === undefined) return plain(tick)
  return `${plain(tick / prefix.unit)}${prefix.letter}`
}

function plain(value: number): string {
  const digits = Number(value.toPrecision(6))
  return Number.isInteger(digits) ? digits.toLocaleString('en-US') : String(digits)
}

/**
 * A value beside a mark: three digits, `1.23M` instead of millions.
 *
 * @internal
 */
export function shortNumber(value: number): string {
  const prefix = PREFIXES.find(({ unit }) => Math.abs(value) >= Math.max(unit, 1e5))
  if (prefix === undefined || Math.abs(value) >= WRITTEN_MAX) return formatNumber(value)
  return `${formatNumber(value / prefix.unit)}${prefix.letter}`
}

const BINARY_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/**
 * A count of bytes in the largest binary unit that it fills.
 *
 * @internal
 */
export function bytesText(value: number): string {
  const power = Math.floor(Math.log2(Math.max(Math.abs(value), 1)) / 10)
  const index = Math.min(power, BINARY_UNITS.length - 1)
  return `${formatNumber(value / 1024 ** index)} ${BINARY_UNITS[index]}`
}

/**
 * A share as a place in a drawing.
 *
 * @param share - from 0 to 1
 * @internal
 */
export function percentText(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`
}
