/** What was measured over time: throughput with its stalls, and every other series. */

import { CAUSE_MEANINGS, CAUSES } from '../../soak/causes.js'
import { type Markup, markup } from '../markup.js'
import { figure } from '../plot.js'
import type { ReportView } from '../report-view.js'
import { timeChart } from '../time-chart.js'

const THROUGHPUT = 'throughputPer100Ms'
/** By window: a name, or a code whose name is that of the figure `soak.cause.<name>`. */
const CAUSE_SERIES = 'causePer100Ms'
const CAUSE_FIGURE = /^soak\.cause\.(.+)$/
/** Times in milliseconds of series that are not sampled every 100 ms. */
const SAMPLE_TIMES = 'sampleMs'
/** Series with this ending, and those that are as long as one, have a sample every 100 ms. */
const WINDOW_ENDING = 'Per100Ms'
const WINDOWS_PER_SECOND = 10

type Series = ReportView['series']

/**
 * A figure for throughput, and a box with one for every other series.
 *
 * @internal
 */
export function seriesFigures(report: ReportView): readonly Markup[] {
  const { series } = report
  const others = [...series.keys()].filter(
    (name) => ![THROUGHPUT, CAUSE_SERIES, SAMPLE_TIMES].includes(name),
  )
  const drawn = others.flatMap((name) => otherFigure(name, series) ?? [])
  if (drawn.length === 0) return throughputFigures(report)
  const count = drawn.length === 1 ? '1 other series' : `${drawn.length} other series`
  const box = markup`<details class="series-box"><summary>${count} over time</summary>
${drawn}</details>
`
  return [...throughputFigures(report), box]
}

function throughputFigures(report: ReportView): readonly Markup[] {
  const values = numbersOf(THROUGHPUT, report.series)
  const causes = causesOf(report)
  const times = timesOf(THROUGHPUT, report.series)
  // Those of a soak are judged, and cut out of a longer load; others are all of a load.
  const isJudged = causes.length > 0
  const partialEnds = !isJudged
  const chart = timeChart({ title: 'MB/s', values, ...times, causes, floor: true, partialEnds })
  if (chart === undefined) return []
  const slow = causes.some((cause) => cause !== undefined)
  const caption = `Throughput over time${slow ? ', slow windows by cause' : ''}`
  return [figure(caption, [what(report, isJudged), chart, slow ? meanings(causes) : undefined])]
}

/** What is drawn. */
function what({ args }: ReportView, isJudged: boolean): Markup {
  const repeat = args.find(([name]) => name === 'repeat')?.[1]
  const which = repeat === undefined ? '' : ` of repetition ${repeat} of ${repeat}`
  const how = isJudged
    ? '; slow windows have a mark, and a stroke below for their cause'
    : `${which}; the first window and the last are not whole`
  return markup`<p class="hint">MB/s acknowledged in each window of 100 ms${how}</p>
`
}

/** What the causes that there were mean. */
function meanings(causes: readonly (string | undefined)[]): Markup {
  const found = CAUSES.filter((cause) => causes.includes(cause))
  return markup`<dl class="causes">${found.map(
    (cause) => markup`<div><dt>${cause}</dt>: <dd>${CAUSE_MEANINGS[cause]}</dd></div>
`,
  )}</dl>`
}

function otherFigure(name: string, series: Series): Markup | undefined {
  const title = name.endsWith(WINDOW_ENDING) ? name.slice(0, -WINDOW_ENDING.length) : name
  const values = numbersOf(name, series)
  const chart = timeChart({ title, values, ...timesOf(name, series), low: true })
  return chart && figure(title, chart)
}

function numbersOf(name: string, series: Series): readonly (number | undefined)[] {
  const points = series.get(name) ?? []
  return points.map((point) => (typeof point === 'number' ? point : undefined))
}

function timesOf(name: string, series: Series): { times: readonly number[]; timeTitle: string } {
  const count = series.get(name)?.length ?? 0
  const samples = series.get(SAMPLE_TIMES)?.filter((time) => typeof time === 'number')
  if (samples?.length === count) {
    return { times: samples.map((time) => time / 1000), timeTitle: 'seconds' }
  }
  const windows = [...series].some(
    ([other, { length }]) => other.endsWith(WINDOW_ENDING) && length === count,
  )
  const rate = windows ? WINDOWS_PER_SECOND : 1
  const times = Array.from({ length: count }, (_, index) => index / rate)
  return { times, timeTitle: windows ? 'seconds' : 'sample' }
}

function causesOf({ series, figures }: ReportView): readonly (string | undefined)[] {
  const names = [...figures.keys()].flatMap((name) => CAUSE_FIGURE.exec(name)?.[1] ?? [])
  return (series.get(CAUSE_SERIES) ?? []).map((cause) => {
    if (typeof cause === 'number') return cause > 0 ? (names[cause - 1] ?? `${cause}`) : undefined
    return cause === '' || cause === 'none' ? undefined : cause
  })
}
