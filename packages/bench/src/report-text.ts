/** A report as lines for people. */

import type { Figure } from './figures.js'
import type { BenchReport } from './report.js'

const NAME_COLUMNS_MIN = 30
const NUMBER_COLUMNS = 16

/**
 * Lays out a report.
 *
 * @param report - what was found
 * @param tables - of its figures; they come before the list of all figures
 * @returns lines, each ended by a newline
 * @internal
 */
export function reportText(report: BenchReport, tables: readonly string[] = []): string {
  const { environment: machine, kernels, notes, figures, details = [] } = report
  const entries = Object.entries(figures)
  const columns = Math.max(NAME_COLUMNS_MIN, ...entries.map(([figure]) => figure.length))
  const lines = [
    `${report.bench}: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ` +
      `${machine.kernel}, ${machine.filesystem}, commit ${report.commit ?? 'unknown'}`,
    `kernels: ${kernels.name}; isa: ${kernels.isa} (${kernels.reason})`,
    ...notes,
    '',
    ...tables.flatMap((table) => [table, '']),
    `${'figure'.padEnd(columns)}${['median', 'min', 'max'].map(right).join('')}  unit`,
    ...entries.map(([figure, values]) => `${figure.padEnd(columns)}${numbersOf(values)}`),
    ...(details.length > 0 ? ['', ...details] : []),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function numbersOf({ value, min, max, unit }: Figure): string {
  const numbers = [value, min, max].map((n) => right(formatNumber(n))).join('')
  return `${numbers}  ${unit}`
}

function right(text: string): string {
  return text.padStart(NUMBER_COLUMNS)
}

/**
 * Three significant digits below 1000, whole numbers with separators from there on.
 *
 * @internal
 */
export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}
