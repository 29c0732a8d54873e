/** Benchmark `sweep`: throughput over the size of batches, and where it bends. */

import { type Curve, curveChart } from '../curve-chart.js'
import type { Markup } from '../markup.js'
import { figure } from '../plot.js'
import type { ReportView } from '../report-view.js'
import { doublingScale, zeroScale } from '../scale.js'

/**
 * The curve of `ingest`, and one of `add` for each number of calls in flight.
 *
 * @internal
 */
export function sweepFigures({ figures }: ReportView): readonly Markup[] {
  const curves = new Map<string, { x: number; y: number }[]>()
  for (const { name, value } of figures.values()) {
    const match = /^sweep\.(add\.)?(\d+)\.(?:(\d+)\.)?throughput$/.exec(name)
    if (match === null) continue
    const [, add, rows, calls] = match
    const curve = add === undefined ? 'ingest' : `add, ${calls ?? '?'} in flight`
    const points = curves.get(curve) ?? []
    curves.set(curve, points)
    points.push({ x: Number(rows), y: value })
  }
  if (curves.size === 0) return []
  const shown = [...curves].map(
    ([name, points]): Curve => ({
      name,
      points: points.filter(({ x }) => x > 0).sort((a, b) => a.x - b.x),
    }),
  )
  const points = shown.flatMap((curve) => curve.points)
  const x = { scale: doublingScale(points.map((point) => point.x)), title: 'rows of a batch' }
  const y = { scale: zeroScale(points.map((point) => point.y)), title: 'MB/s' }
  const ratio = figures.get('sweep.slowestToFastest')?.value
  const note = ratio === undefined ? '' : `; slowest to fastest ${ratio.toFixed(2)}`
  const label = `Throughput over the size of batches${note}`
  return [figure(label, curveChart({ label, x, y }, shown))]
}
