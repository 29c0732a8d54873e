import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportPage } from '../../src/html/page.js'
import { parseReport } from '../../src/html/report-view.js'
import { CAUSE_MEANINGS } from '../../src/soak/causes.js'
import { readTags, type Tag } from './read-tags.js'
import { SAMPLE_REPORTS } from './sample-reports.js'

const NAMES = Object.keys(SAMPLE_REPORTS)

function pageOf(...names: string[]): string {
  return reportPage(names.map((name) => parseReport(SAMPLE_REPORTS[name] ?? '', name)))
}

function labelsOf(tags: readonly Tag[]): string[] {
  return tags
    .filter(({ attributes }) => attributes.get('role') === 'img')
    .map(({ attributes }) => attributes.get('aria-label') ?? '')
}

/** Every tag and attribute that a page is made of. */
const VOCABULARY = new Set(
  NAMES.flatMap((name) =>
    readTags(pageOf('soak', name)).flatMap((tag) => [
      tag.name,
      ...[...tag.attributes.keys()].map((attribute) => `${tag.name} ${attribute}`),
    ]),
  ),
)

/** Text that means something to a browser, or nothing at all. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('<script>', '"><img onerror=x>', "' onload='", '</style>', ']]>', '&#60;', '-->'),
)
const value = fc.oneof(fc.double(), fc.nat(1000), fc.constant(null))
/** Names that every view takes for its own, with holes for any text. */
const figureName = fc
  .tuple(
    fc.constantFrom(
      ...['sweep.256.throughput', 'sweep.add.64.8.throughput', 'matrix.?.384.throughput'],
      ...['matrix.?.384.limitRatio', 'search.100.?.qps', 'search.100.?.recall', 'x.throughput'],
      ...['peer.?.100.0.9.qps', 'peer.?.100.0.9.recall', 'kernel.?.?.nsPerRow', '?P50', '?P99'],
      ...['disk.throughput', 'memcpy.?', 'soak.cause.?', '?'],
    ),
    nasty,
  )
  .map(([pattern, text]) => pattern.replaceAll('?', () => text))
const figure = fc.record({
  value,
  unit: fc.oneof(nasty, fc.constant('MB/s')),
  min: value,
  max: value,
  samples: fc.array(value),
})
const point = fc.oneof(value, nasty)
const report = fc.record({
  bench: nasty,
  commit: nasty,
  args: fc.dictionary(nasty, fc.oneof(nasty, fc.boolean())),
  environment: fc.dictionary(nasty, fc.oneof(nasty, fc.double())),
  kernels: fc.record({ name: nasty, isa: nasty, reason: nasty }),
  notes: fc.array(nasty),
  details: fc.array(nasty),
  figures: fc.array(fc.tuple(figureName, figure)).map(Object.fromEntries),
  series: fc.dictionary(
    fc.oneof(nasty, fc.constantFrom('throughputPer100Ms', 'causePer100Ms', 'sampleMs')),
    fc.array(point, { maxLength: 60 }),
  ),
})

describe('reportPage', () => {
  it.each(NAMES)('nests tags, labels drawings and needs nothing else: %s', (name) => {
    const page = pageOf(name)
    const tags = readTags(page)
    for (const { name: tag, attributes } of tags) {
      expect(['script', 'iframe', 'object', 'img', 'use', 'image']).not.toContain(tag)
      for (const attribute of ['src', 'xlink:href', 'style']) {
        expect(attributes.has(attribute), attribute).toBe(false)
      }
      expect(attributes.get('href') ?? '#').toMatch(/^(#|data:,$)/)
    }
    expect(page).not.toMatch(/url\(|@import|https?:/)
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
    for (const label of labelsOf(tags)) expect(label).not.toBe('')
  })

  it.each([
    ['soak', ['soak.throughput', 'MB/s over time', 'Slow windows by cause', 'gcMs', 'Latencies']],
    ['ingest', ['disk.throughput (raw limit)', 'MB/s over time']],
    ['sweep', ['Throughput over the size of batches; slowest to fastest 0.74']],
    ['search', ['Queries a second over recall, 100,000 rows: sluice, hnswlib', 'Latencies']],
    ['matrix', []],
    ['kernels', []],
  ])('draws what a report of %s has', (name, labels) => {
    const found = labelsOf(readTags(pageOf(name)))
    expect(found).toHaveLength(labels.length)
    for (const [index, label] of labels.entries()) expect(found[index]).toContain(label)
  })

  it('says which repetition a load is of, and takes whole windows for its median', () => {
    const page = pageOf('ingest')
    expect(page).toContain('of repetition 3 of 3; the first window and the last are not whole')
    expect(page).toContain('dashed: the median of whole windows, 920,')
    const label = labelsOf(readTags(page)).find((text) => text.startsWith('MB/s over time'))
    expect(label).toBe('MB/s over time: median 920, least 700, greatest 950')
    expect(pageOf('soak')).not.toContain('whole')
  })

  it('names the causes of slow windows, and counts them', () => {
    const label = labelsOf(readTags(pageOf('soak'))).find((text) => text.startsWith('Slow'))
    expect(label).toBe('Slow windows by cause. gc: 6 windows; segment-sync: 6 windows')
  })

  it('says what the causes mean that there were, and no others', () => {
    const page = pageOf('soak')
    expect(page).toContain(`<dt>gc</dt>: <dd>${CAUSE_MEANINGS.gc}</dd>`)
    expect(page).toContain(`<dt>segment-sync</dt>: <dd>${CAUSE_MEANINGS['segment-sync']}</dd>`)
    expect(page).not.toContain(CAUSE_MEANINGS.checkpoint)
    expect(pageOf('ingest')).not.toContain('class="causes"')
  })

  it('writes limits, command, notes and every figure', () => {
    const page = pageOf('search')
    const words = /<code class="command">(.*?)<\/code>/s.exec(page)?.[1]
    expect(words?.replaceAll(/<[^>]*>/g, '').trim()).toBe(
      'sluice-bench search --rows 1000 --repeat 3 --reserve',
    )
    expect(page).toContain('what the figures would be misread without')
    expect(page).toContain('memory.readThroughput <b>20,000 MB/s</b>')
    for (const figureName of Object.keys(JSON.parse(SAMPLE_REPORTS['search'] ?? '').figures)) {
      expect(page).toContain(`<th scope="row">${figureName}</th>`)
    }
  })

  it('shades a table by the share of the limit', () => {
    const page = pageOf('matrix')
    expect(page).toContain('<td class="h0">700<small>0.00</small></td>')
    expect(page).toContain('<td class="h5">1,060<small>1.00</small></td>')
    expect(page).toContain('<th scope="row">float32, string</th>')
  })

  it('leads to each of several reports', () => {
    const page = pageOf('soak', 'sweep')
    expect(page).toContain('<a href="#report-2">sweep</a>')
    expect(page).toContain('<section id="report-2"')
  })

  it('merges points where there are more than a screen has columns, and keeps the dips', () => {
    const values = Array.from({ length: 40_000 }, (_, index) => (index === 12_345 ? 0 : 500))
    const text = JSON.stringify({ bench: 'x', figures: {}, series: { throughputPer100Ms: values } })
    const page = reportPage([parseReport(text, 'x')])
    expect(page.length).toBeLessThan(80_000)
    expect(page).toMatch(/d="M[^"]* 10000L/)
  })

  it('lets no markup out of any text, and draws any numbers', () => {
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 2 }), (reports) => {
        const texts = reports.map((each) => JSON.stringify(each))
        const page = reportPage(texts.map((text) => parseReport(text, 'x')))
        for (const { name, attributes } of readTags(page)) {
          expect(VOCABULARY).toContain(name)
          for (const attribute of attributes.keys()) {
            expect(VOCABULARY).toContain(`${name} ${attribute}`)
            const place = attributes.get(attribute) ?? ''
            if (/^([xy][12]?|d|c[xy]|width|height)$/.test(attribute)) {
              expect(place).not.toMatch(/NaN|undefined|Infinity/)
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})
