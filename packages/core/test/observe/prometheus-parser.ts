/**
 * A parser of Prometheus' text exposition format 0.0.4 that refuses what the format does not
 * allow: https://prometheus.io/docs/instrumenting/exposition_formats. Stricter than Prometheus in
 * that every family must have a help text and a type, and its samples right behind them.
 */

import assert from 'node:assert/strict'

export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ParsedFamily {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: readonly ParsedSample[]
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const NUMBER = /^(NaN|[+-]Inf|[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?)$/
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped']
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
}

/** The families of an exposition, by name. */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  assert.ok(text.endsWith('\n'), 'the last line is not ended')
  const families = new Map<string, ParsedFamily & { samples: ParsedSample[] }>()
  const lines = text.slice(0, -1).split('\n')
  for (let i = 0; i < lines.length; ) {
    const [, name = '', help = ''] = /^# HELP (\S+) (.*)$/s.exec(lines[i++] ?? '') ?? []
    const [, typed, type = ''] = /^# TYPE (\S+) (\S+)$/.exec(lines[i++] ?? '') ?? []
    assert.match(name, METRIC_NAME)
    assert.equal(typed, name)
    assert.ok(TYPES.includes(type), `the type ${type}`)
    assert.ok(!families.has(name), `${name} twice`)
    const family = { name, help: unescaped(help, 'n\\'), type, samples: [] as ParsedSample[] }
    families.set(name, family)
    const names = (SUFFIXES[type] ?? ['']).map((suffix) => name + suffix)
    for (; i < lines.length && !lines[i]?.startsWith('#'); i++) {
      const sample = parseSample(lines[i] ?? '')
      assert.ok(names.includes(sample.name), `${sample.name} in the family ${name}`)
      family.samples.push(sample)
    }
    checkDistinct(family.samples)
    if (type === 'histogram') checkHistogram(family)
  }
  return families
}

function parseSample(line: string): ParsedSample {
  const [, name = '', , pairs, value = ''] =
    /^([^{ ]+)(\{((?:[^"]|"(?:[^"\\]|\\.)*")*)\})? (\S+)$/s.exec(line) ?? []
  assert.match(name, METRIC_NAME, `the line ${line}`)
  assert.match(value, NUMBER, `the line ${line}`)
  return { name, labels: parseLabels(pairs), value: parseNumber(value) }
}

function parseLabels(pairs: string | undefined): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = pairs ?? ''
  while (rest !== '') {
    const [all, label, text] = /^([^=]+)="((?:[^"\\\n]|\\.)*)"(?:,|$)/s.exec(rest) ?? []
    assert.ok(all !== undefined && label !== undefined && text !== undefined, `labels ${rest}`)
    assert.match(label, LABEL_NAME)
    assert.ok(!Object.hasOwn(labels, label), `the label ${label} twice`)
    labels[label] = unescaped(text, 'n\\"')
    rest = rest.slice(all.length)
  }
  return labels
}

function unescaped(text: string, allowed: string): string {
  return text.replaceAll(/\\(.?)/gs, (pair, character: string) => {
    assert.ok(character !== '' && allowed.includes(character), `the escape ${pair}`)
    return character === 'n' ? '\n' : character
  })
}

function parseNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}

function checkDistinct(samples: readonly ParsedSample[]): void {
  const keys = samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels)]))
  assert.equal(new Set(keys).size, keys.length, 'a series twice')
}

/** Buckets go up, in bounds and in counts, to +Inf, which holds all. */
function checkHistogram({ name, samples }: ParsedFamily): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`)
  const bounds = buckets.map(({ labels }) => parseNumber(labels['le'] ?? 'none'))
  for (let i = 1; i < buckets.length; i++) {
    assert.ok((bounds[i] ?? 0) > (bounds[i - 1] ?? 0), `bounds of ${name}`)
    assert.ok((buckets[i]?.value ?? 0) >= (buckets[i - 1]?.value ?? 0), `counts of ${name}`)
  }
  assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY)
  const count = samples.find((sample) => sample.name === `${name}_count`)
  assert.equal(buckets.at(-1)?.value, count?.value)
  assert.ok(samples.some((sample) => sample.name === `${name}_sum`))
}
