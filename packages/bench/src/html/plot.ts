/**
 * The frame of a plot: axes with titles, ticks and a grid, around marks that the caller draws.
 * Places are percentages of the plotting area and letters have a size in pixels, so one drawing
 * fits a phone as well as a desk; what lies outside of the area (labels) is in the CSS margins of
 * the `<svg>`, see `style.ts`. Paths cannot be given in percent and lie in a stretched `<svg>`.
 */

import { type Markup, type MarkupValue, markup } from './markup.js'
import { percentText } from './numbers.js'
import type { Scale } from './scale.js'

/**
 * An axis of a plot.
 *
 * @internal
 */
export interface Axis {
  readonly scale: Scale
  /** What is on it, with its unit. */
  readonly title: string
}

/**
 * A plot without marks.
 *
 * @internal
 */
export interface PlotFrame {
  /** What a listener is told instead of the drawing. */
  readonly label: string
  readonly x: Axis
  readonly y: Axis
  /** Half as high. */
  readonly low?: boolean
}

/** Where a label stands by its line: at the ends, a long one would leave the page. */
const AT_LEFT = markup`dx="-6" text-anchor="start"`
const AT_RIGHT = markup`dx="14" text-anchor="end"`
const IN_THE_MIDDLE = markup`text-anchor="middle"`
/** More labels do not fit below a plot on a phone. */
const X_LABELS_MAX = 6

/**
 * A plot with two axes.
 *
 * @param marks - what is drawn in it, at {@link percentText} places; y grows downwards
 * @internal
 */
export function plot({ label, x, y, low }: PlotFrame, marks: MarkupValue): Markup {
  return markup`<svg class="${low ? 'plot low' : 'plot'}" role="img" aria-label="${label}">
<text class="axis-title" x="0" y="0" dx="-52" dy="-16">${y.title}</text>
${y.scale.ticks.map((tick) => yTick(y.scale, tick))}
${xTicks(x.scale)}
<text class="axis-title" x="100%" y="100%" dy="42" text-anchor="end">${x.title}</text>
${marks}
</svg>`
}

/** A horizontal line of the grid and its label. */
function yTick(scale: Scale, tick: number): Markup {
  const place = percentText(1 - scale.at(tick))
  return markup`<line class="grid" x1="0" x2="100%" y1="${place}" y2="${place}"/>
<text class="tick" x="0" y="${place}" dx="-8" dy="5" text-anchor="end">${scale.text(tick)}</text>`
}

/**
 * The vertical lines of the grid and their labels, below 100 % of the height.
 *
 * @internal
 */
export function xTicks(scale: Scale): readonly Markup[] {
  const last = scale.ticks.length - 1
  const stride = Math.ceil(last / (X_LABELS_MAX - 1))
  return scale.ticks.map((tick, index) => {
    const place = percentText(scale.at(tick))
    const line = markup`<line class="grid" x1="${place}" x2="${place}" y1="0" y2="100%"/>`
    if (index % stride !== 0) return line
    const side = index === 0 ? AT_LEFT : index === last ? AT_RIGHT : IN_THE_MIDDLE
    return markup`${line}
<text class="tick" x="${place}" y="100%" dy="20" ${side}>${scale.text(tick)}</text>`
  })
}

/** Paths are drawn in this many units to each side. */
const STRETCHED = 10_000

/**
 * A line through points, as one path: for many points. A gap is where a point is `undefined`.
 *
 * @param points - shares of the plotting area, y upwards
 * @param name - its CSS class
 * @internal
 */
export function linePath(
  points: readonly (readonly [x: number, y: number] | undefined)[],
  name: string,
): Markup {
  let path = ''
  let pen = 'M'
  for (const point of points) {
    if (point === undefined) {
      pen = 'M'
      continue
    }
    const [x, y] = point
    path += `${pen}${Math.round(x * STRETCHED)} ${Math.round((1 - y) * STRETCHED)}`
    pen = 'L'
  }
  return markup`<svg viewBox="0 0 ${STRETCHED} ${STRETCHED}" preserveAspectRatio="none"
 width="100%" height="100%"><path class="${name}" d="${path}"/></svg>`
}

/**
 * A figure: a drawing under its caption.
 *
 * @param caption - what it shows
 * @param content - the drawing, and a legend where it needs one
 * @internal
 */
export function figure(caption: string, content: MarkupValue): Markup {
  return markup`<figure><figcaption>${caption}</figcaption>
${content}
</figure>
`
}
