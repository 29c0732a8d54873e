/** What a report is of: the machine, the code, the command, the raw limits, the notes. */

import { type Markup, type MarkupValue, markup } from '../markup.js'
import { bytesText, shortNumber } from '../numbers.js'
import type { FigureView, ReportView } from '../report-view.js'
import { rawLimits } from './limits-figure.js'

/** Options that say where a report goes, not what is measured. */
const OUTPUT_OPTIONS: readonly string[] = ['json', 'html', 'help']

/**
 * The head of one report.
 *
 * @internal
 */
export function reportHeader(report: ReportView): Markup {
  const { notes, environment, commit } = report
  const facts = [...environment].map(([name, value]) =>
    fact(FACT_NAMES.get(name) ?? name, valueText(name, value)),
  )
  const limits = rawLimits(report).map(limit)
  return markup`<p><code class="command">${commandOf(report)}</code></p>
<ul class="notes">${notes.map((note) => markup`<li>${note}</li>`)}</ul>
<dl>
${facts}
${fact('commit', commit ?? 'unknown')}
${fact('kernels', kernelsText(report))}
${fact('raw limits', limits.length === 0 ? 'none were measured in this run' : limits)}
</dl>
`
}

function limit({ name, value, unit, min, max }: FigureView): Markup {
  const spread = min === max ? '' : ` (${shortNumber(min)} to ${shortNumber(max)})`
  const middle = markup`<b>${shortNumber(value)} ${unit}</b>`
  return markup`<span class="limit">${name} ${middle}${spread}</span> `
}

function fact(name: string, value: MarkupValue): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}</dd></div>
`
}

/** Names of facts in words, where the name alone is not one. */
const FACT_NAMES: ReadonlyMap<string, string> = new Map([
  ['cpu', 'CPU'],
  ['isa', 'instruction set'],
  ['memoryBytes', 'memory'],
  ['node', 'Node.js'],
])

function valueText(name: string, value: string | number): string {
  if (typeof value === 'string') return value
  return name === 'memoryBytes' ? bytesText(value) : shortNumber(value)
}

function kernelsText({ kernels }: ReportView): string {
  const { name, isa, reason } = Object.fromEntries(kernels)
  if (name === undefined) return 'unknown'
  return `${name}, ${isa ?? 'unknown'}${reason === undefined ? '' : ` (${reason})`}`
}

/** A name and its value stay on one line where they fit on one. */
function commandOf({ bench, args }: ReportView): MarkupValue {
  const words = args.flatMap(([name, value]) => {
    if (OUTPUT_OPTIONS.includes(name) || value === false) return []
    return value === true ? [`--${name}`] : [`--${name} ${value}`]
  })
  return [`sluice-bench ${bench}`, ...words].map((word) => markup`<span>${word}</span> `)
}
