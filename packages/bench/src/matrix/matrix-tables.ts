/** The figures of the matrix as tables: what was loaded downwards, dimensions across. */

import type { Figures } from '../figures.js'
import { formatNumber } from '../report-text.js'
import { textTable } from '../text-table.js'
import { type Cell, cellLabel, cellName } from './cell.js'

/** What there is a table of. */
const TABLES: readonly { readonly figure: string; readonly title: string }[] = [
  { figure: 'throughput', title: 'MB/s' },
  { figure: 'limitRatio', title: 'of the limit' },
  { figure: 'recall', title: 'recall@10' },
  { figure: 'cpuSecondsPerGigabyte', title: 'CPU s/GB' },
  { figure: 'plainRatio', title: 'of plain' },
]

/**
 * A table for everything that was measured of cells.
 *
 * @internal
 */
export function matrixTables(figures: Figures, cells: readonly Cell[]): readonly string[] {
  const dimensions = [...new Set(cells.map(({ dimension }) => dimension))]
  const labels = [...new Set(cells.map(cellLabel))]
  const values = new Map<string, number>()
  return TABLES.flatMap(({ figure, title }) => {
    values.clear()
    for (const cell of cells) {
      const value = figures.get(`${cellName(cell)}.${figure}`)?.value
      if (value !== undefined) values.set(keyOf(cellLabel(cell), cell.dimension), value)
    }
    if (values.size === 0) return []
    const rows = labels.map((label) => [
      label,
      ...dimensions.map((dimension) => cellText(values.get(keyOf(label, dimension)))),
    ])
    return [textTable([[title, ...dimensions.map(String)], ...rows])]
  })
}

function keyOf(label: string, dimension: number): string {
  return `${label} ${dimension}`
}

function cellText(value: number | undefined): string {
  return value === undefined ? '' : formatNumber(value)
}
