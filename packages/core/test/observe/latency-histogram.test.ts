import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatencyHistogram } from '../../src/observe/latency-histogram.js'

/** Durations of every order of magnitude, whole microseconds among them, up to 67 seconds. */
const durations = fc.array(
  fc.oneof(
    fc.double({ min: 0, max: 67_000, noNaN: true }),
    fc.integer({ min: 0, max: 67_000_000 }).map((ticks) => ticks / 1000),
    fc.integer({ min: 0, max: 26 }).map((exponent) => 2 ** exponent / 1000),
  ),
  { minLength: 1, maxLength: 200 },
)

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

/** The smallest of the values that so large a share of them does not pass. */
function exactQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(Math.ceil(share * sorted.length - 1e-9), 1) - 1] ?? Number.NaN
}

describe('LatencyHistogram', () => {
  it('counts, adds up and finds quantiles', () => {
    const histogram = histogramOf(Array.from({ length: 1000 }, (_, i) => (i + 1) / 10))
    const stats = histogram.stats()
    expect(stats).toMatchObject({ count: 1000, maxMs: 100 })
    expect(stats.totalMs).toBeCloseTo(50_050, 6)
    expect(stats.p50Ms).toBeGreaterThanOrEqual(50)
    expect(stats.p50Ms).toBeLessThan(50.5)
    expect(stats.p99Ms).toBeGreaterThanOrEqual(99)
    expect(stats.p99Ms).toBeLessThan(100)
    expect(stats.p999Ms).toBeGreaterThanOrEqual(99.9)
    expect(stats.p999Ms).toBeLessThanOrEqual(100)
  })

  it('is all 0 at first', () => {
    const nothing = { count: 0, totalMs: 0, maxMs: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0 }
    expect(new LatencyHistogram().stats()).toEqual(nothing)
  })

  it('has quantiles that are never too low and hardly too high', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const { p50Ms, p99Ms, p999Ms, maxMs } = histogramOf(values).stats()
        const shares = [0.5, 0.99, 0.999]
        for (const [i, found] of [p50Ms, p99Ms, p999Ms].entries()) {
          const exact = exactQuantile(values, shares[i] ?? 0)
          expect(found).toBeGreaterThanOrEqual(Math.min(exact, maxMs) - 1e-9)
          expect(found).toBeLessThanOrEqual(exact * 1.01 + 0.001)
        }
        expect(maxMs).toBe(Math.max(...values))
      }),
    )
  })

  it('tells exactly how many took at most a power of two of microseconds', () => {
    fc.assert(
      fc.property(
        durations,
        fc.uniqueArray(fc.integer({ min: 0, max: 26 }), { minLength: 1 }),
        (values, chosen) => {
          const exponents = chosen.sort((a, b) => a - b)
          const exact = exponents.map(
            (exponent) => values.filter((ms) => Math.ceil(ms * 1000) <= 2 ** exponent).length,
          )
          expect(histogramOf(values).countsUpTo(exponents)).toEqual(exact)
        },
      ),
    )
  })

  it('counts what takes longer than it can tell, and knows the longest', () => {
    const stats = histogramOf([1e9, 5]).stats()
    expect(stats).toMatchObject({ count: 2, totalMs: 1e9 + 5, maxMs: 1e9 })
    expect(stats.p999Ms).toBe(2 ** 26 / 1000)
  })

  it('takes a duration below 0 for 0', () => {
    expect(histogramOf([-1]).stats()).toMatchObject({ count: 1, totalMs: 0, maxMs: 0 })
  })
})
