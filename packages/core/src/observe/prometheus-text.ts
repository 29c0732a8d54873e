/**
 * Numbers as Prometheus reads them: its text exposition format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats). Knows the format alone; names are
 * the business of whoever writes, in base units and with the suffixes that conventions ask for.
 */

/**
 * A value, and what tells it apart from others of its family.
 *
 * @internal
 */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * A histogram.
 *
 * @internal
 */
export interface MetricHistogram {
  /** Ends of buckets, ascending. */
  readonly bounds: readonly number[]
  /** For each of them, how many were at most so large. */
  readonly counts: readonly number[]
  readonly count: number
  readonly sum: number
}

/**
 * What is to be scraped, family by family.
 *
 * @internal
 */
export class PrometheusText {
  readonly #lines: string[] = []

  /** A number that only grows; its name ends in `_total`. */
  counter(name: string, help: string, value: number | readonly MetricSample[]): void {
    this.#family({ name, help, type: 'counter' }, value)
  }

  /** A number that goes up and down. */
  gauge(name: string, help: string, value: number | readonly MetricSample[]): void {
    this.#family({ name, help, type: 'gauge' }, value)
  }

  /** How often which size occurred. */
  histogram(name: string, help: string, histogram: MetricHistogram): void {
    const { bounds, counts, count, sum } = histogram
    this.#head({ name, help, type: 'histogram' })
    for (const [i, bound] of bounds.entries()) {
      this.#sample(`${name}_bucket`, { labels: { le: numberText(bound) }, value: counts[i] ?? 0 })
    }
    this.#sample(`${name}_bucket`, { labels: { le: '+Inf' }, value: count })
    this.#sample(`${name}_sum`, { labels: {}, value: sum })
    this.#sample(`${name}_count`, { labels: {}, value: count })
  }

  /** All of it, a line each, the last one ended too. */
  toString(): string {
    return this.#lines.map((line) => `${line}\n`).join('')
  }

  /** Writes nothing where there is no sample. */
  #family(head: FamilyHead, value: number | readonly MetricSample[]): void {
    const samples = typeof value === 'number' ? [{ labels: {}, value }] : value
    if (samples.length === 0) return
    this.#head(head)
    for (const sample of samples) this.#sample(head.name, sample)
  }

  #head({ name, help, type }: FamilyHead): void {
    this.#lines.push(`# HELP ${name} ${escapeLine(help)}`, `# TYPE ${name} ${type}`)
  }

  #sample(name: string, { labels, value }: MetricSample): void {
    const pairs = Object.entries(labels).map(
      ([label, text]) => `${label}="${escapeLine(text).replaceAll('"', '\\"')}"`,
    )
    const braces = pairs.length === 0 ? '' : `{${pairs.join(',')}}`
    this.#lines.push(`${name}${braces} ${numberText(value)}`)
  }
}

/** What stands above the samples of a family. */
interface FamilyHead {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
}

function escapeLine(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** As Go reads it: the same as ECMAScript, but for infinity. */
function numberText(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}
