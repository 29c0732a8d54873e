/**
 * Marks that tell series apart without colour: each has a shape and a dash of its own beside its
 * colour. The first six differ in all three; later ones begin again.
 */

import { type Markup, markup } from './markup.js'

/** Outlines around 0, 0. */
const SHAPES = [
  'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z',
  'M-4.5 -4.5h9v9h-9z',
  'M0 -6l6 10.5h-12z',
  'M0 -6.5l6 6.5l-6 6.5l-6 -6.5z',
  'M-5 -5l10 10M-5 5l10 -10',
  'M0 -6v12M-6 0h12',
] as const

/**
 * The shape of a series at a point.
 *
 * @param index - which series it is
 * @param x - a length, in pixels or percent
 * @param y - likewise, downwards
 * @param title - shown where a pointer rests on it
 * @internal
 */
export function markAt(
  index: number,
  x: string | number,
  y: string | number,
  title: string,
): Markup {
  return markup`<svg class="mark" x="${x}" y="${y}"><path
 class="shape ${seriesClass(index)}" d="${shapeOf(index)}"><title>${title}</title></path></svg>`
}

/**
 * The CSS classes of a series: its colour and its dash.
 *
 * @internal
 */
export function seriesClass(index: number): string {
  return `s${index % SHAPES.length}`
}

/**
 * Names of series with their marks.
 *
 * @param joined - whether the marks are joined by lines, whose dashes are shown then
 * @internal
 */
export function legend(names: readonly string[], joined = true): Markup {
  return markup`<ul class="legend">${names.map((name, index) => {
    const series = seriesClass(index)
    const line = markup`<line class="line ${series}" x1="0" x2="36" y1="8" y2="8"/>`
    return markup`<li><svg class="${joined ? 'swatch' : 'swatch short'}" aria-hidden="true">
${joined ? line : undefined}<svg class="mark" x="50%" y="8"><path class="shape ${series}"
 d="${shapeOf(index)}"/></svg></svg>${name}</li>`
  })}</ul>`
}

function shapeOf(index: number): string {
  return SHAPES[index % SHAPES.length] as string
}
