/** A table whose cells are shaded by their value; the number stands in each, so shade is a help. */

import { type Markup, markup } from './markup.js'
import { scrollBox } from './scroll-box.js'

/**
 * A cell.
 *
 * @internal
 */
export interface HeatCell {
  /** From 0 to 1: how strongly it is shaded. */
  readonly heat: number
  readonly text: string
  /** A second line. */
  readonly note?: string
}

/**
 * A table with names of rows and columns.
 *
 * @internal
 */
export interface HeatTable {
  readonly caption: string
  readonly corner: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly [name: string, cells: readonly (HeatCell | undefined)[]])[]
}

const SHADES = 6

/**
 * The table, in a box in which it can be scrolled.
 *
 * @internal
 */
export function heatTable({ caption, corner, columns, rows }: HeatTable): Markup {
  return scrollBox(
    caption,
    markup`<table class="heat"><thead><tr><th scope="col">${corner}</th>${columns.map(
      (column) => markup`<th scope="col">${column}</th>`,
    )}</tr></thead>
<tbody>${rows.map(
      ([name, cells]) => markup`<tr><th scope="row">${name}</th>${cells.map(heatCell)}</tr>
`,
    )}</tbody></table>`,
  )
}

function heatCell(cell: HeatCell | undefined): Markup {
  if (cell === undefined) return markup`<td class="none">\u2013</td>`
  const shade = Math.round(Math.min(Math.max(cell.heat, 0), 1) * (SHADES - 1))
  const note = cell.note === undefined ? undefined : markup`<small>${cell.note}</small>`
  return markup`<td class="h${shade}">${cell.text}${note}</td>`
}
