import { describe, expect, it } from 'vitest'
import type { DiskSample } from '../../src/churn/disk-sampler.js'
import { metered } from '../../src/probe/meter.js'
import { CAUSES } from '../../src/soak/causes.js'
import { FunctionTimes } from '../../src/soak/function-times.js'
import type { SoakResult } from '../../src/soak/measure-soak.js'
import { judge, soakFigures, soakSeries } from '../../src/soak/soak-figures.js'
import { soakText } from '../../src/soak/soak-text.js'
import { createSums, windowsOf } from '../../src/soak/soak-window.js'

const COUNT = 40

/** A look at a disk that holds nothing but a log. */
function look(atMs: number, log: number): DiskSample {
  const bytesByKind = { segments: 0, columns: 0, log, checkpoints: 0, recycled: 0, other: 0 }
  return { atMs, usage: { bytes: log, bytesByKind, length: log, lengthByKind: bytesByKind } }
}

/** Forty windows of a megabyte each: 10 and 11 lost to collections, 20 to nobody knows what. */
async function result(): Promise<SoakResult> {
  const grid = { originMs: 0, windowMs: 100, count: COUNT }
  const sums = createSums(grid)
  for (let index = 0; index < COUNT; index++) {
    const bytes = index === 10 || index === 11 || index === 20 ? 1e5 : 1e6
    sums.plain.bytes.add(index * 100 + 50, index === 30 ? 0 : bytes)
    sums.rss[index] = 1000 + Math.max(0, index - 25)
  }
  sums.plain.gcMajorMs.cover(1000, 1200)
  sums.plain.probeMs.cover(3010, 3020)
  const functions = new FunctionTimes(grid, () => undefined)
  functions.stop()
  const { use } = await metered(async () => undefined)
  return {
    windows: windowsOf(sums, 0),
    windowMs: 100,
    use,
    rows: 1000,
    faultCostMs: 0.001,
    functions,
    disk: [look(-5, 100), look(1010, 300), look(2310, 200), look(3705, 700), look(4100, 900)],
    faults: [{ startMs: 1050, endMs: 1150 }],
    rowsKept: 500,
    recall: 1,
    kernels: { name: 'scalar', isa: 'none', reason: 'test' },
    troubles: [],
  }
}

describe('soakFigures', () => {
  it('counts slow windows by cause, but for those that the profiler disturbed', async () => {
    const soak = await result()
    const figures = soakFigures(soak, judge(soak), 'gc')
    const value = (name: string) => figures.get(`soak.${name}`)?.value
    expect(value('windows')).toBe(38)
    expect(value('disturbedWindows')).toBe(2)
    expect(value('slowWindows')).toBe(3)
    expect(value('cause.gc')).toBe(2)
    expect(value('cause.unknown')).toBe(1)
    expect(value('unattributedWindows')).toBe(1)
    expect(value('medianThroughput')).toBe(10)
    expect(value('p1ToMedian')).toBeCloseTo(0.1)
    expect(value('injected.slowWindows')).toBe(2)
    expect(value('injected.named')).toBe(2)
    // The medians of windows 38 and 39, and of 20 and 21.
    expect(value('rssGrowth')).toBe(13.5)
    expect(value('diskGrowth')).toBe(400)
    expect(value('diskMax')).toBe(700)
  })

  it.runIf(process.platform === 'linux')('calls no cause like what a core does', async () => {
    const soak = await result()
    const names = Object.keys(soakFigures(soak, judge(soak), undefined).toJSON())
    const doings = names.flatMap((name) => /^soak\.core\d+\.(.+)$/.exec(name)?.[1] ?? [])
    // What the host took is part of a cause, and of a core's time alone.
    expect(doings).toContain('stolen')
    expect(CAUSES.filter((cause) => doings.includes(cause))).toEqual([])
  })

  it('has no figures of faults that there were not', async () => {
    const soak = await result()
    const names = Object.keys(soakFigures(soak, judge(soak), undefined).toJSON())
    expect(names.filter((name) => name.includes('injected'))).toEqual([])
  })
})

describe('soakSeries', () => {
  it('has a value per window, with the codes of causes', async () => {
    const soak = await result()
    const series = soakSeries(soak, judge(soak))
    for (const values of Object.values(series)) expect(values).toHaveLength(COUNT)
    const codes = series['causePer100Ms'] ?? []
    expect([codes[9], codes[10], codes[11], codes[20], codes[30]]).toEqual([0, 1, 1, 13, 0])
    expect(series['gcMs']?.slice(9, 13)).toEqual([0, 100, 100, 0])
    expect(series['diskBytes']?.slice(9, 11)).toEqual([100, 300])
    expect(series['diskBytes']?.slice(36)).toEqual([200, 700, 700, 700])
  })
})

describe('soakText', () => {
  it('shows causes, the worst windows and functions', async () => {
    const soak = await result()
    const lines = soakText(soak, judge(soak))
    expect(lines.find((line) => line.startsWith('gc'))).toMatch(
      /^gc +2 +1 +100\.0 % +JavaScript collected garbage/,
    )
    expect(lines.find((line) => line.startsWith('the 3 worst of 3 slow'))).toBeDefined()
    expect(lines.find((line) => line.startsWith('1.0 '))).toMatch(/^1.0 +gc +1 +100 /)
  })

  it('says so where there is nothing to tell', async () => {
    const soak = await result()
    expect(soakText(soak, judge({ ...soak, windows: soak.windows.slice(0, 9) }))).toEqual([
      'no window was slow',
    ])
  })
})
