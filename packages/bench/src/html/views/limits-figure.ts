/** Throughputs beside the raw limits of the same run. */

import type { Markup } from '../markup.js'
import { shortNumber } from '../numbers.js'
import { figure } from '../plot.js'
import type { FigureView, ReportView } from '../report-view.js'
import { type Row, rowChart } from '../row-chart.js'
import { zeroScale } from '../scale.js'

const LIMITS = /^(disk|memcpy|memory)\./
const MEMORY_LIMITS = /^(memcpy|memory)\./
/** What a machine copies can be far beyond what was measured, and leave that no room. */
const MEMORY_FACTOR_MAX = 4

/**
 * The figures that say what the machine does without Sluice.
 *
 * @internal
 */
export function rawLimits({ figures }: ReportView): readonly FigureView[] {
  return [...figures.values()].filter(({ name }) => LIMITS.test(name))
}

/**
 * Bars of the report's throughputs and the limits that are within reach.
 *
 * @internal
 */
export function limitsFigures(report: ReportView): readonly Markup[] {
  const measured = [...report.figures.values()].filter(
    ({ name, unit }) => unit === 'MB/s' && /^[^.]+\.\w*[tT]hroughput$/.test(name),
  )
  const own = measured.filter(({ name }) => !LIMITS.test(name))
  const most = Math.max(...own.map(({ value }) => value))
  const shown = measured.filter(
    ({ name, value }) => !MEMORY_LIMITS.test(name) || value <= most * MEMORY_FACTOR_MAX,
  )
  if (own.length === 0 || shown.length === own.length) return []
  const rows = shown.map(({ name, value, min, max }): Row => {
    const spread = min === max ? '' : `, ${shortNumber(min)} to ${shortNumber(max)}`
    const limit = LIMITS.test(name)
    return {
      name: limit ? `${name} (raw limit)` : name,
      text: `${shortNumber(value)} MB/s${spread}`,
      bar: value,
      index: limit ? 0 : 1,
    }
  })
  const axis = { scale: zeroScale(shown.map(({ value }) => value)), title: 'MB/s' }
  const words = rows.map(({ name, text }) => `${name}: ${text}`).join('; ')
  return [figure('Throughput beside the raw limits', rowChart(words, axis, rows))]
}
