/**
 * A report as the page reads it: checked, because it comes from a file that may be of another
 * version or damaged. What is not understood is left out; what is no report at all is refused.
 */

import { UsageError } from '../usage-error.js'

/**
 * One figure; a value that was not finite is not among them.
 *
 * @internal
 */
export interface FigureView {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly samples: readonly number[]
}

/**
 * One point of a series; `undefined` where nothing was measured.
 *
 * @internal
 */
export type SeriesPoint = number | string | undefined

/**
 * A report.
 *
 * @internal
 */
export interface ReportView {
  readonly bench: string
  readonly commit: string | undefined
  /** Names and texts in their order. */
  readonly args: readonly (readonly [name: string, value: string | boolean])[]
  readonly environment: ReadonlyMap<string, string | number>
  readonly kernels: ReadonlyMap<string, string | number>
  readonly notes: readonly string[]
  /** Lines in columns, that come after the figures. */
  readonly details: readonly string[]
  readonly figures: ReadonlyMap<string, FigureView>
  readonly series: ReadonlyMap<string, readonly SeriesPoint[]>
}

/**
 * Reads the text of a report.
 *
 * @param text - JSON
 * @param file - its name, for the error
 * @throws UsageError when it is not JSON, or has neither a name nor figures
 * @internal
 */
export function parseReport(text: string, file: string): ReportView {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`'${file}' is not JSON`, { cause: error })
  }
  const fields = new Map(entriesOf(value))
  const bench = fields.get('bench')
  const figures = fields.get('figures')
  if (typeof bench !== 'string' || typeof figures !== 'object' || figures === null) {
    throw new UsageError(`'${file}' is no report: it needs 'bench' and 'figures'`)
  }
  const commit = fields.get('commit')
  return {
    bench,
    commit: typeof commit === 'string' ? commit : undefined,
    args: entriesOf(fields.get('args')).filter(isArgument),
    environment: new Map(entriesOf(fields.get('environment')).filter(isFact)),
    kernels: new Map(entriesOf(fields.get('kernels')).filter(isFact)),
    notes: textsOf(fields.get('notes')),
    details: textsOf(fields.get('details')),
    figures: figuresOf(figures),
    series: seriesOf(fields.get('series')),
  }
}

function entriesOf(value: unknown): [name: string, value: unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : []
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === 'string')
}

function isArgument(entry: [string, unknown]): entry is [string, string | boolean] {
  return typeof entry[1] === 'string' || typeof entry[1] === 'boolean'
}

function isFact(entry: [string, unknown]): entry is [string, string | number] {
  return typeof entry[1] === 'string' || Number.isFinite(entry[1])
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

function figuresOf(value: unknown): ReadonlyMap<string, FigureView> {
  const figures = new Map<string, FigureView>()
  for (const [name, figure] of entriesOf(value)) {
    const fields = new Map(entriesOf(figure))
    const middle = fields.get('value')
    if (!isNumber(middle)) continue
    const [unit, min, max] = ['unit', 'min', 'max'].map((field) => fields.get(field))
    figures.set(name, {
      name,
      value: middle,
      unit: typeof unit === 'string' ? unit : '',
      min: isNumber(min) ? min : middle,
      max: isNumber(max) ? max : middle,
      samples: listOf(fields.get('samples')).filter(isNumber),
    })
  }
  return figures
}

function seriesOf(value: unknown): ReadonlyMap<string, readonly SeriesPoint[]> {
  const series = new Map<string, readonly SeriesPoint[]>()
  for (const [name, points] of entriesOf(value)) {
    if (Array.isArray(points)) series.set(name, points.map(pointOf))
  }
  return series
}

/** A window with several causes has a list of them. */
function pointOf(value: unknown): SeriesPoint {
  if (Array.isArray(value)) return value.map(String).join(' + ')
  return typeof value === 'string' || isNumber(value) ? value : undefined
}
