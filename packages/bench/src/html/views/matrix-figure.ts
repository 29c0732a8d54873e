/** Tables with a shade: benchmark `matrix` (dtype by dimension), and kernels by instruction set. */

import { type HeatCell, heatTable } from '../heat-table.js'
import type { Markup } from '../markup.js'
import { shortNumber } from '../numbers.js'
import { figure } from '../plot.js'
import type { FigureView, ReportView } from '../report-view.js'

/** A value with the names of its row and its column. */
interface Entry {
  readonly row: string
  readonly column: string
  readonly figure: FigureView
}

/**
 * Throughput of every dtype and dimension, shaded by its share of the limit.
 *
 * @internal
 */
export function matrixFigures({ figures }: ReportView): readonly Markup[] {
  const entries = entriesOf(figures, /^matrix\.([^.]+)\.(\d+)(?:\.(.+))?\.throughput$/)
  if (entries.length === 0) return []
  const max = Math.max(...entries.map((entry) => entry.figure.value))
  const caption = 'Throughput by dtype and dimension, MB/s; below it, the share of the limit'
  return [
    figureOf({ caption, corner: 'dtype', sorted: true }, entries, ({ figure }) => {
      const ratio = figures.get(figure.name.replace(/throughput$/, 'limitRatio'))?.value
      const text = shortNumber(figure.value)
      if (ratio === undefined) return { heat: figure.value / max, text }
      return { heat: ratio, text, note: ratio.toFixed(2) }
    }),
  ]
}

/**
 * Times of kernels, shaded by how they compare with the fastest instruction set of their row.
 *
 * @internal
 */
export function kernelFigures({ figures }: ReportView): readonly Markup[] {
  const entries = entriesOf(figures, /^kernel\.(.+)\.([^.]+)\.nsPerRow$/)
  if (entries.length === 0) return []
  const best = new Map<string, number>()
  for (const { row, figure } of entries) {
    best.set(row, Math.min(best.get(row) ?? Number.POSITIVE_INFINITY, figure.value))
  }
  const caption = 'Kernels by instruction set, ns a row; shaded where near to the fastest'
  const shape = { caption, corner: 'kernel, dtype', sorted: false }
  return [
    figureOf(shape, entries, ({ row, figure }) => ({
      heat: (best.get(row) ?? 0) / figure.value,
      text: shortNumber(figure.value),
    })),
  ]
}

function entriesOf(figures: ReportView['figures'], pattern: RegExp): readonly Entry[] {
  return [...figures.values()].flatMap((figure) => {
    const [, row, column, extra] = pattern.exec(figure.name) ?? []
    if (row === undefined || column === undefined) return []
    return [{ row: extra === undefined ? row : `${row}, ${extra}`, column, figure }]
  })
}

/** What a table is called, and whether its columns are numbers to be sorted. */
interface TableShape {
  readonly caption: string
  readonly corner: string
  readonly sorted: boolean
}

function figureOf(
  { caption, corner, sorted }: TableShape,
  entries: readonly Entry[],
  cellOf: (entry: Entry) => HeatCell,
): Markup {
  const columns = [...new Set(entries.map(({ column }) => column))]
  if (sorted) columns.sort((a, b) => Number(a) - Number(b))
  const cells = new Map<string, Map<string, HeatCell>>()
  for (const entry of entries) {
    const row = cells.get(entry.row) ?? new Map<string, HeatCell>()
    cells.set(entry.row, row)
    row.set(entry.column, cellOf(entry))
  }
  const rows = [...cells].map(
    ([name, row]) => [name, columns.map((column) => row.get(column))] as const,
  )
  return figure(caption, heatTable({ caption, corner, columns, rows }))
}
