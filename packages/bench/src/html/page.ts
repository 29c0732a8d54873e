/**
 * One HTML page of one or several reports. It needs nothing else: no network, no script, no font;
 * the policy in its head forbids them, too.
 */

import { type Markup, markup, trustedMarkup } from './markup.js'
import type { ReportView } from './report-view.js'
import { scrollBox } from './scroll-box.js'
import { STYLE } from './style.js'
import { figureTables } from './views/figure-tables.js'
import { latencyFigures } from './views/latency-figures.js'
import { limitsFigures } from './views/limits-figure.js'
import { kernelFigures, matrixFigures } from './views/matrix-figure.js'
import { recallFigures } from './views/recall-figures.js'
import { reportHeader } from './views/report-header.js'
import { seriesFigures } from './views/series-figures.js'
import { sweepFigures } from './views/sweep-figure.js'

const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Drawings in the order in which they are shown; each view knows which figures it is for. */
const VIEWS: readonly ((report: ReportView) => readonly Markup[])[] = [
  limitsFigures,
  seriesFigures,
  sweepFigures,
  matrixFigures,
  recallFigures,
  latencyFigures,
  kernelFigures,
]

/**
 * The page.
 *
 * @param reports - in the order in which they are shown
 * @returns a whole HTML document
 * @internal
 */
export function reportPage(reports: readonly ReportView[]): string {
  const names = reports.map(({ bench }) => bench)
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="icon" href="data:,">
<title>sluice-bench: ${names.join(', ')}</title>
<style>${trustedMarkup(STYLE)}</style>
</head>
<body>
<header><h1>sluice-bench</h1>
${reports.length > 1 ? contents(names) : undefined}</header>
<main>
${reports.map(section)}</main>
<footer>MB are 10<sup>6</sup> bytes of raw vectors, unless a note says otherwise. A figure is the
median of its samples.</footer>
</body>
</html>
`.toString()
}

function contents(names: readonly string[]): Markup {
  return markup`<nav aria-label="Reports"><ul>${names.map(
    (name, index) => markup`<li><a href="#report-${index + 1}">${name}</a></li>`,
  )}</ul></nav>
`
}

function section(report: ReportView, index: number): Markup {
  return markup`<section id="report-${index + 1}" aria-labelledby="title-${index + 1}">
<h2 id="title-${index + 1}">${report.bench}</h2>
${reportHeader(report)}
${VIEWS.map((view) => view(report))}
${detailLines(report)}
<h3>All figures</h3>
${figureTables(report)}</section>
`
}

function detailLines({ details }: ReportView): Markup | undefined {
  if (details.length === 0) return undefined
  const lines = markup`<pre>${details.join('\n')}</pre>`
  return markup`<h3>Details</h3>
${scrollBox('Details', lines)}`
}
