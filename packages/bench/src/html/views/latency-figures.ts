/** Latencies: percentiles of everything that has a median and a 99th one. */

import { legend } from '../mark.js'
import { type Markup, markup } from '../markup.js'
import { shortNumber } from '../numbers.js'
import { figure } from '../plot.js'
import type { FigureView, ReportView } from '../report-view.js'
import { type Row, rowChart } from '../row-chart.js'
import { logScale, zeroScale } from '../scale.js'

const PERCENTILES = ['p50', 'p99', 'p999'] as const
const PERCENTILE_NAMES = { p50: 'p50', p99: 'p99', p999: 'p99.9' } as const

type Percentile = (typeof PERCENTILES)[number]

/** Figures of one name but for the percentile. */
interface Latency {
  readonly name: string
  readonly unit: string
  readonly values: Map<Percentile, FigureView>
}

/** From this factor between the least and the greatest on, short ones need a logarithmic axis. */
const LINEAR_FACTOR_MAX = 20

/**
 * A figure for each unit that latencies are in.
 *
 * @internal
 */
export function latencyFigures({ figures }: ReportView): readonly Markup[] {
  const latencies = latenciesOf(figures.values())
  const units = [...new Set(latencies.map(({ unit }) => unit))]
  return units.map((unit) => {
    const shown = latencies.filter((latency) => latency.unit === unit)
    const values = shown.flatMap((latency) => [...latency.values.values()].map((f) => f.value))
    const wide = Math.max(...values) > Math.min(...values) * LINEAR_FACTOR_MAX
    const scale = wide ? logScale(values) : zeroScale(values)
    const rows = shown.map(rowOf)
    const words = rows.map(({ name, text }) => `${name}: ${text}`).join('; ')
    const used = PERCENTILES.filter((name) => shown.some((latency) => latency.values.has(name)))
    const title = `${unit}${wide ? ', logarithmic' : ''}`
    const names = used.map((name) => PERCENTILE_NAMES[name])
    return figure(
      `Latency percentiles, ${unit}`,
      markup`${legend(names, false)}${rowChart(`Latencies. ${words}`, { scale, title }, rows)}`,
    )
  })
}

function latenciesOf(figures: Iterable<FigureView>): readonly Latency[] {
  const found = new Map<string, Latency>()
  for (const figure of figures) {
    const match = /^(.*?)\.?(p50|p99|p999)(\..*|[A-Z].*)?$/i.exec(figure.name)
    if (match === null) continue
    const [, stem = '', percentile = '', rest = ''] = match
    const name = stem + rest
    const latency = found.get(name) ?? { name, unit: figure.unit, values: new Map() }
    found.set(name, latency)
    latency.values.set(percentile.toLowerCase() as Percentile, figure)
  }
  return [...found.values()].filter(({ values }) => values.has('p50') && values.has('p99'))
}

function rowOf({ name, unit, values }: Latency): Row {
  const marks = PERCENTILES.flatMap((percentile, index) => {
    const value = values.get(percentile)?.value
    if (value === undefined) return []
    const title = `${name} ${PERCENTILE_NAMES[percentile]}: ${shortNumber(value)} ${unit}`
    return [{ index, value, title, words: `${PERCENTILE_NAMES[percentile]} ${shortNumber(value)}` }]
  })
  return { name, text: `${marks.map(({ words }) => words).join(', ')} ${unit}`, marks }
}
