/** Curves of a few points each: every point has a mark. */

import { legend, markAt, seriesClass } from './mark.js'
import { type Markup, markup } from './markup.js'
import { percentText, shortNumber } from './numbers.js'
import { type PlotFrame, plot } from './plot.js'

/**
 * A curve.
 *
 * @internal
 */
export interface Curve {
  readonly name: string
  /** In the order in which they are joined. */
  readonly points: readonly CurvePoint[]
}

/**
 * A point of a curve.
 *
 * @internal
 */
export interface CurvePoint {
  readonly x: number
  readonly y: number
  /** What is special about it, after its values. */
  readonly note?: string
}

/**
 * Curves in one plot, with a legend where there are several.
 *
 * @internal
 */
export function curveChart(frame: PlotFrame, curves: readonly Curve[]): Markup {
  const names = curves.map(({ name }) => name)
  const drawn = curves.map((curve, index) => drawCurve(frame, curve, index))
  return markup`${names.length > 1 ? legend(names) : undefined}${plot(frame, drawn)}`
}

function drawCurve({ x, y }: PlotFrame, { name, points }: Curve, index: number): Markup {
  const places = points.map(
    (point) => [percentText(x.scale.at(point.x)), percentText(1 - y.scale.at(point.y))] as const,
  )
  const lines = places.slice(1).map(([x2, y2], before) => {
    const [x1, y1] = places[before] ?? [x2, y2]
    const ends = markup`x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}"`
    return markup`<line class="line ${seriesClass(index)}" ${ends}/>`
  })
  const marks = points.map((point, order) => {
    const [atX, atY] = places[order] ?? [0, 0]
    const note = point.note === undefined ? '' : `, ${point.note}`
    const values = `${shortNumber(point.y)} (${y.title}) at ${shortNumber(point.x)} (${x.title})`
    return markAt(index, atX, atY, `${name}: ${values}${note}`)
  })
  return markup`${lines}${marks}`
}
