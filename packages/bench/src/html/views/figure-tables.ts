/** Every figure as a number: a table for each first word of their names. */

import { formatNumber } from '../../report-text.js'
import { type Markup, markup } from '../markup.js'
import type { FigureView, ReportView } from '../report-view.js'
import { scrollBox } from '../scroll-box.js'

/** Longer tables are closed until they are asked for. */
const OPEN_ROWS_MAX = 30
/** More samples than this are counted. */
const SAMPLES_MAX = 8

/**
 * The tables.
 *
 * @internal
 */
export function figureTables({ figures }: ReportView): readonly Markup[] {
  const groups = new Map<string, FigureView[]>()
  for (const figure of figures.values()) {
    const [word = ''] = figure.name.split('.', 1)
    const group = groups.get(word)
    if (group) group.push(figure)
    else groups.set(word, [figure])
  }
  return [...groups].map(([word, group]) => tableOf(word, group))
}

function tableOf(word: string, group: readonly FigureView[]): Markup {
  const open = group.length <= OPEN_ROWS_MAX ? markup` open` : undefined
  const count = group.length === 1 ? '1 figure' : `${group.length} figures`
  const columns = ['median', 'min', 'max', 'samples'].map(
    (column) => markup`<th scope="col">${column}</th>`,
  )
  return markup`<details${open}><summary>${word}: ${count}</summary>
${scrollBox(
  `Figures of ${word}`,
  markup`<table><thead><tr><th scope="col">figure</th>${columns}</tr></thead>
<tbody>${group.map(rowOf)}</tbody></table>`,
)}</details>
`
}

function rowOf({ name, value, unit, min, max, samples }: FigureView): Markup {
  const numbers = [min, max].map((number) => markup`<td>${formatNumber(number)}</td>`)
  const listed =
    samples.length <= SAMPLES_MAX
      ? samples.map(formatNumber).join('; ')
      : `${formatNumber(samples.length)} samples`
  return markup`<tr><th scope="row">${name}</th><td>${formatNumber(value)} ${unit}</td>
${numbers}<td>${listed}</td></tr>
`
}
