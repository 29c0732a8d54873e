import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PrometheusText } from '../../src/observe/prometheus-text.js'
import { parsePrometheus } from './prometheus-parser.js'

/** Texts that are full of what must be escaped, and of what must not be. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\\', '"', '\n', '\r', '{', '}', ',', '=', ' ', '#', 'n') }),
)
const labels = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/), texts, {
  noNullPrototype: true,
})

describe('PrometheusText', () => {
  it('writes families as the format has them', () => {
    const text = new PrometheusText()
    text.counter('rows_total', 'Rows \\ lines\nall.', 3)
    text.gauge('rows', 'Rows.', [
      { labels: { collection: 'a"b\\c\nd' }, value: 0.5 },
      { labels: { collection: 'e', kind: 'f' }, value: Number.POSITIVE_INFINITY },
    ])
    text.histogram('wait_seconds', 'Waits.', {
      bounds: [0.001, 1],
      counts: [2, 3],
      count: 4,
      sum: 9.25,
    })
    text.gauge('nothing', 'Without a sample.', [])
    expect(text.toString()).toBe(
      `# HELP rows_total Rows \\\\ lines\\nall.
# TYPE rows_total counter
rows_total 3
# HELP rows Rows.
# TYPE rows gauge
rows{collection="a\\"b\\\\c\\nd"} 0.5
rows{collection="e",kind="f"} +Inf
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.001"} 2
wait_seconds_bucket{le="1"} 3
wait_seconds_bucket{le="+Inf"} 4
wait_seconds_sum 9.25
wait_seconds_count 4
`,
    )
  })

  it('is read back as it was meant, whatever is in labels, help texts and numbers', () => {
    // There is no 0 below 0 here.
    const value = fc.double().map((number) => number + 0)
    const samples = fc.uniqueArray(fc.record({ labels, value }), {
      minLength: 1,
      selector: (sample) => JSON.stringify(Object.entries(sample.labels)),
    })
    fc.assert(
      fc.property(texts, samples, (help, meant) => {
        const text = new PrometheusText()
        text.gauge('before', 'Before.', 1)
        text.gauge('meant', help, meant)
        text.counter('behind_total', 'Behind.', 2)
        const families = parsePrometheus(text.toString())
        expect([...families.keys()]).toEqual(['before', 'meant', 'behind_total'])
        const { help: helpRead, samples: read } = families.get('meant') ?? {}
        expect(helpRead).toBe(help)
        expect(read).toEqual(meant.map((sample) => ({ name: 'meant', ...sample })))
      }),
    )
  })
})

describe('the parser of these tests', () => {
  const head = '# HELP a A.\n# TYPE a gauge\n'
  it.each([
    'a 1',
    '# HELP a A.\na 1\n',
    `${head}b 1\n`,
    `${head}a one\n`,
    `${head}a Infinity\n`,
    `${head}a{b="c} 1\n`,
    `${head}a{b="c"d"} 1\n`,
    `${head}a{b="\\t"} 1\n`,
    `${head}a{b="c\nd"} 1\n`,
    `${head}a{b="c",b="d"} 1\n`,
    `${head}a 1\na 2\n`,
    `${head}a 1\n${head}`,
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n',
  ])('refuses %j', (text) => {
    expect(() => parsePrometheus(text)).toThrow()
  })
})
