/** The figures of the benchmark as a table: who, at which recall, how fast. */

import type { Figures } from '../figures.js'
import { formatNumber } from '../report-text.js'
import { PEER_NAMES } from './peers.js'
import { TARGETS } from './targets.js'

const COLUMNS = ['recall', 'qps', 'quietQps', 'p50', 'p99'] as const
const NAME_COLUMNS = 28
const NUMBER_COLUMNS = 10

/**
 * Lays out what was measured; lines of what was not are left out.
 *
 * @returns lines without a newline at the end
 * @internal
 */
export function searchTable(figures: Figures, rowCount: number): string {
  const labels = [...TARGETS.map(({ label }) => label), 'exact']
  const lines = [
    ...labels.map((label) => [`${label} after the load`, `search.${rowCount}.${label}.tail`]),
    ...labels.map((label) => [`${label}`, `search.${rowCount}.${label}`]),
    ...PEER_NAMES.flatMap((name) =>
      labels.map((label) => [`${label} ${name}`, `peer.${name}.${rowCount}.${label}`]),
    ),
  ].filter(([, figure]) => figures.get(`${figure}.qps`) !== undefined)
  const header = 'recall asked for'.padEnd(NAME_COLUMNS) + COLUMNS.map(right).join('')
  return [
    header,
    ...lines.map(([name = '', figure = '']) => {
      const numbers = COLUMNS.map(
        (column) => figures.get(`${figure}.${column}`)?.value ?? Number.NaN,
      )
      const [recall = Number.NaN, ...rest] = numbers
      const cells = [
        recall.toFixed(4),
        ...rest.map((n) => (Number.isNaN(n) ? '' : formatNumber(n))),
      ]
      return name.padEnd(NAME_COLUMNS) + cells.map(right).join('')
    }),
  ].join('\n')
}

function right(text: string): string {
  return text.padStart(NUMBER_COLUMNS)
}
