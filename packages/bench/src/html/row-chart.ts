/**
 * Charts of rows: each row has its name and its values written above a track of its own, so that
 * long names fit a phone and every number can be read without the axis.
 */

import { markAt, seriesClass } from './mark.js'
import { type Markup, markup } from './markup.js'
import { percentText } from './numbers.js'
import { type Axis, xTicks } from './plot.js'

/**
 * A row.
 *
 * @internal
 */
export interface Row {
  readonly name: string
  /** Its values in words. */
  readonly text: string
  /** A bar from the left end to here. */
  readonly bar?: number
  /** Ascending; marks of the same index mean the same in every row. */
  readonly marks?: readonly RowMark[]
  /** Places of short strokes, each a share of the width. */
  readonly strokes?: readonly number[]
  /** Which series it is, for the colour of its bar or strokes. */
  readonly index?: number
}

/**
 * A mark in a row.
 *
 * @internal
 */
export interface RowMark {
  readonly index: number
  readonly value: number
  readonly title: string
}

const ROW_HEIGHT = 58
const TRACK_TOP = 42
/** Room for the mark of a row that has strokes, before its name. */
const KEY_WIDTH = 20
/** What fits above a track on a phone, in letters of 14 pixels. */
const TEXT_LENGTH_MAX = 42

/**
 * Rows over one axis.
 *
 * @param label - what a listener is told instead of the drawing
 * @param inset - whether the tracks are as wide as a {@link plot} above them
 * @internal
 */
export function rowChart(label: string, axis: Axis, rows: readonly Row[], inset = false): Markup {
  const height = rows.length * ROW_HEIGHT
  const tracks = rows.map((row, order) => drawTrack(axis, row, order * ROW_HEIGHT + TRACK_TOP))
  const words = rows.map((row, order) => drawWords(row, order * ROW_HEIGHT))
  return markup`<svg class="${inset ? 'rows inset' : 'rows'}" role="img" aria-label="${label}"
 height="${height}">
${xTicks(axis.scale)}
<text class="axis-title" x="100%" y="100%" dy="42" text-anchor="end">${axis.title}</text>
${tracks}
${words}
</svg>`
}

function drawWords({ name, text, strokes, index = 0 }: Row, top: number): Markup {
  const left = strokes === undefined ? 0 : KEY_WIDTH
  const key = left === 0 ? undefined : markAt(index, KEY_WIDTH / 2 - 2, top + 9, name)
  const place = markup`x="${left}" y="${top + 14}"`
  return markup`<g class="words">${key}
<text class="row-name" ${place}>${shorten(name)}<title>${name}</title></text>
<text class="row-text" x="0" y="${top + 31}">${shorten(text)}<title>${text}</title></text></g>`
}

function drawTrack({ scale }: Axis, { marks = [], ...row }: Row, y: number): Markup {
  const series = seriesClass(row.index ?? 0)
  const ends = [marks[0], marks.at(-1)].map((end) => percentText(scale.at(end?.value ?? 0)))
  const range =
    marks.length > 1
      ? markup`<line class="range" x1="${ends[0]}" x2="${ends[1]}" y1="${y}" y2="${y}"/>`
      : undefined
  const bar =
    row.bar === undefined
      ? undefined
      : markup`<rect class="bar ${series}" y="${y - 6}" height="12"
 width="${percentText(scale.at(row.bar))}"/>`
  const strokes = row.strokes?.map(
    (share) => markup`<line class="stroke ${series}" x1="${percentText(share)}"
 x2="${percentText(share)}" y1="${y - 6}" y2="${y + 6}"/>`,
  )
  const shapes = marks.map(({ index, value, title }) =>
    markAt(index, percentText(scale.at(value)), y, title),
  )
  return markup`${bar}${range}${strokes}${shapes}`
}

function shorten(text: string): string {
  const letters = [...text]
  if (letters.length <= TEXT_LENGTH_MAX) return text
  return `${letters.slice(0, TEXT_LENGTH_MAX - 1).join('')}\u2026`
}
