import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReport } from '../../src/html/report-view.js'
import { UsageError } from '../../src/usage-error.js'
import { SAMPLE_REPORTS } from './sample-reports.js'

describe('parseReport', () => {
  it('reads what a benchmark wrote', () => {
    const report = parseReport(SAMPLE_REPORTS['soak'] ?? '', 'soak.json')
    expect(report.bench).toBe('soak')
    expect(report.args).toEqual([
      ['rows', '1000'],
      ['repeat', '3'],
      ['reserve', true],
      ['json', 'out.json'],
    ])
    expect(report.environment.get('cores')).toBe(2)
    expect(report.figures.get('soak.throughput')).toEqual({
      name: 'soak.throughput',
      value: 800,
      unit: 'MB/s',
      min: 600,
      max: 1000,
      samples: [600, 800, 1000],
    })
    expect(report.series.get('throughputPer100Ms')).toHaveLength(3000)
  })

  it('leaves out what it does not understand', () => {
    const figures = {
      good: { value: 1 },
      text: { value: 'x' },
      gone: null,
      __proto__: { value: 2 },
      lost: { value: null, min: 1 },
    }
    const text = JSON.stringify({
      bench: 'x',
      figures,
      series: { a: [1, null, 'gc', ['gc', 'queue'], {}], b: 7 },
      notes: ['yes', 7],
      environment: { cores: null, cpu: 'c' },
    })
    const report = parseReport(text, 'x.json')
    expect([...report.figures.keys()]).toEqual(['good'])
    expect(report.figures.get('good')).toMatchObject({ min: 1, max: 1, unit: '', samples: [] })
    expect([...report.series]).toEqual([['a', [1, undefined, 'gc', 'gc + queue', undefined]]])
    expect(report.notes).toEqual(['yes'])
    expect([...report.environment]).toEqual([['cpu', 'c']])
  })

  it.each([
    ['{', "'x.json' is not JSON"],
    ['[]', "'x.json' is no report"],
    ['null', "'x.json' is no report"],
    ['{"bench":"ingest"}', "it needs 'bench' and 'figures'"],
    ['{"figures":{}}', "it needs 'bench' and 'figures'"],
  ])('refuses %s', (text, message) => {
    expect(() => parseReport(text, 'x.json')).toThrow(UsageError)
    expect(() => parseReport(text, 'x.json')).toThrow(message)
  })

  it('takes or refuses any JSON, and throws nothing else', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        const text = JSON.stringify({ figures: extra, ...extra, bench: 'x' })
        try {
          expect(parseReport(text, 'x.json').bench).toBe('x')
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
    )
  })
})
