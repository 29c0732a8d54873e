/**
 * A measurement over time, with slow windows marked by their cause: on the line, and below it in a
 * lane for each cause, so that causes are told apart by place and name, not by colour.
 */

import { percentile } from '../figures.js'
import { markAt } from './mark.js'
import { type Markup, type MarkupValue, markup } from './markup.js'
import { percentText, shortNumber } from './numbers.js'
import { type Axis, linePath, plot } from './plot.js'
import { type Row, rowChart } from './row-chart.js'
import { zeroScale } from './scale.js'

/**
 * A series over time.
 *
 * @internal
 */
export interface TimeSeries {
  /** What is measured, with its unit. */
  readonly title: string
  readonly values: readonly (number | undefined)[]
  /** Where the samples lie, ascending, as many as there are values. */
  readonly times: readonly number[]
  readonly timeTitle: string
  /** Why a window was slow, by window; `undefined` where it was not. */
  readonly causes?: readonly (string | undefined)[]
  /** Whether the share of the median below which a window is slow is shown. */
  readonly floor?: boolean
  /** Whether the first window and the last are shorter than others: drawn, but in no median. */
  readonly partialEnds?: boolean
  /** Half as high. */
  readonly low?: boolean
}

/** A window below this share of the median is slow. */
const SLOW_SHARE = 0.6
/** More points than this are merged: no screen has more columns. */
const COLUMNS_MAX = 1500
/** Where there are fewer samples, each is marked. */
const MARKED_MAX = 40
/** Causes with a mark and a lane of their own; the rest share one. */
const CAUSES_MAX = 13

/**
 * The chart; nothing for a series without numbers.
 *
 * @internal
 */
export function timeChart(series: TimeSeries): Markup | undefined {
  const isCut = series.partialEnds === true && series.values.length > 2
  const whole = isCut ? series.values.slice(1, -1) : series.values
  const values = whole.filter((value) => value !== undefined)
  if (values.length === 0) return undefined
  const { times, title, timeTitle, low = false } = series
  const x: Axis = { scale: zeroScale(times, 4), title: timeTitle }
  const drawn = series.values.filter((value) => value !== undefined)
  const y: Axis = { scale: zeroScale(drawn), title }
  const median = percentile(values, 50)
  const causes = causesOf(series.causes ?? [])
  const slow = [...causes.values()].reduce((sum, windows) => sum + windows.length, 0)
  const [least, greatest] = [percentile(values, 0), percentile(values, 100)].map(shortNumber)
  const label =
    `${title} over time: median ${shortNumber(median)}, least ${least}, greatest ${greatest}` +
    (slow > 0 ? `; ${slow} slow windows, by cause below` : '')
  const marks: MarkupValue = [
    level(y, median),
    series.floor ? level(y, median * SLOW_SHARE) : undefined,
    linePath(pointsOf(series, x, y), 'series'),
    drawn.length <= MARKED_MAX ? samples(series, x, y) : undefined,
    [...causes.values()].map((windows, index) => slowMarks(series, { x, y, windows, index })),
  ]
  const below = causes.size > 0 ? '; windows below that are slow' : ''
  const floor = series.floor ? `, and ${SLOW_SHARE * 100} % of it${below}` : ''
  const which = isCut ? ' of whole windows' : ''
  return markup`<p class="hint">dashed: the median${which}, ${shortNumber(median)}${floor}</p>
${plot({ label, x, y, low }, marks)}${lanes(series, x, causes)}`
}

/** A dashed line across. */
function level({ scale }: Axis, value: number): Markup {
  const place = percentText(1 - scale.at(value))
  return markup`<line class="level" x1="0" x2="100%" y1="${place}" y2="${place}"/>`
}

/** Windows by cause, the most frequent first. */
function causesOf(causes: readonly (string | undefined)[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const [window, cause] of causes.entries()) {
    if (cause === undefined) continue
    const windows = found.get(cause)
    if (windows) windows.push(window)
    else found.set(cause, [window])
  }
  const sorted = [...found].sort(([, a], [, b]) => b.length - a.length)
  const rest = sorted.splice(CAUSES_MAX).flatMap(([, windows]) => windows)
  if (rest.length > 0) sorted.push(['other causes', rest.sort((a, b) => a - b)])
  return new Map(sorted)
}

/** The least and the greatest of each column where there are more points than columns. */
function pointsOf(
  { values, times }: TimeSeries,
  x: Axis,
  y: Axis,
): readonly (readonly [number, number] | undefined)[] {
  const size = Math.ceil(values.length / COLUMNS_MAX)
  const points: ([number, number] | undefined)[] = []
  for (let start = 0; start < values.length; start += size) {
    const column = values.slice(start, start + size)
    const numbers = column.filter((value) => value !== undefined)
    const at = x.scale.at(times[start] ?? 0)
    if (numbers.length < column.length) points.push(undefined)
    const ends = size === 1 ? numbers : [percentile(numbers, 100), percentile(numbers, 0)]
    for (const value of numbers.length === 0 ? [] : ends) points.push([at, y.scale.at(value)])
  }
  return points
}

function samples({ values, times, title }: TimeSeries, x: Axis, y: Axis): MarkupValue {
  return values.map((value, index) => {
    if (value === undefined) return undefined
    const [left, top] = [x.scale.at(times[index] ?? 0), 1 - y.scale.at(value)]
    const place = markup`cx="${percentText(left)}" cy="${percentText(top)}"`
    return markup`<circle class="sample" ${place} r="3">
<title>${title}: ${shortNumber(value)}</title></circle>`
  })
}

/** Slow windows of one cause. */
interface SlowWindows {
  readonly x: Axis
  readonly y: Axis
  readonly windows: readonly number[]
  readonly index: number
}

function slowMarks(
  { values, times, causes }: TimeSeries,
  { x, y, windows, index }: SlowWindows,
): MarkupValue {
  return windows.map((window) => {
    const [time, value] = [times[window] ?? 0, values[window] ?? 0]
    const title = `${causes?.[window]}: ${shortNumber(value)} at ${shortNumber(time)}`
    const [left, top] = [x.scale.at(time), 1 - y.scale.at(value)]
    return markAt(index, percentText(left), percentText(top), title)
  })
}

function lanes(
  { times }: TimeSeries,
  x: Axis,
  causes: ReadonlyMap<string, readonly number[]>,
): MarkupValue {
  if (causes.size === 0) return undefined
  const rows = [...causes].map(([name, windows], index): Row => {
    const places = windows.map((window) => x.scale.at(times[window] ?? 0))
    const first = shortNumber(times[windows[0] ?? 0] ?? 0)
    const text = windows.length === 1 ? `1 window, at ${first}` : `${windows.length} windows`
    return { name, text, strokes: [...new Set(places)], index }
  })
  const words = rows.map(({ name, text }) => `${name}: ${text}`).join('; ')
  return rowChart(`Slow windows by cause. ${words}`, x, rows, true)
}
