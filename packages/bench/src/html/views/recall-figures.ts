/** Benchmark `search`: queries a second over recall, Sluice beside its peers, by count of rows. */

import { type Curve, type CurvePoint, curveChart } from '../curve-chart.js'
import type { Markup } from '../markup.js'
import { figure } from '../plot.js'
import type { ReportView } from '../report-view.js'
import { logScale, recallScale } from '../scale.js'

/**
 * A figure for each count of rows.
 *
 * @internal
 */
export function recallFigures({ figures }: ReportView): readonly Markup[] {
  const byRows = new Map<string, Map<string, CurvePoint[]>>()
  for (const { name, value } of figures.values()) {
    const match = /^(search|peer\.[^.]+)\.(\d+)\.(.+)\.qps$/.exec(name)
    const recall = figures.get(name.replace(/qps$/, 'recall'))?.value
    if (match === null || recall === undefined) continue
    const [, who = '', rows = '', target = ''] = match
    const curves = byRows.get(rows) ?? new Map<string, CurvePoint[]>()
    byRows.set(rows, curves)
    const curve = curveName(who, target)
    const points = curves.get(curve) ?? []
    curves.set(curve, points)
    points.push({ x: recall, y: value, note: `asked for ${target}` })
  }
  return [...byRows].map(([rows, curves]) => chartOf(rows, curves))
}

/** Exact searches are no point of a curve: nothing lies between them and the others. */
function curveName(who: string, target: string): string {
  const name = who === 'search' ? 'sluice' : who.slice('peer.'.length)
  if (target.startsWith('exact')) return `${name}, exact`
  return target.endsWith('.tail') ? `${name}, right after the load` : name
}

function chartOf(rows: string, curves: ReadonlyMap<string, readonly CurvePoint[]>): Markup {
  const shown = [...curves].map(
    ([name, points]): Curve => ({ name, points: [...points].sort((a, b) => a.x - b.x) }),
  )
  // Sluice and its peers come first, so that each has the same mark in every report.
  shown.sort((a, b) => Number(a.name.includes(',')) - Number(b.name.includes(',')))
  const points = shown.flatMap((curve) => curve.points)
  const x = { scale: recallScale(points.map((point) => point.x)), title: 'recall' }
  const title = 'queries/s, logarithmic'
  const y = { scale: logScale(points.map((point) => point.y)), title }
  const caption = `Queries a second over recall, ${Number(rows).toLocaleString('en-US')} rows`
  const label = `${caption}: ${shown.map(({ name }) => name).join(', ')}`
  return figure(caption, curveChart({ label, x, y }, shown))
}
