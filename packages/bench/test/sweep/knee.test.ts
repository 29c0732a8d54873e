import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median } from '../../src/figures.js'
import { type CurvePoint, findKnee, kneeSentence } from '../../src/sweep/knee.js'

function point(batchRows: number, inFlight: number | undefined, ...samples: number[]): CurvePoint {
  return { run: { batchRows, inFlight }, samples }
}

function curve(...throughputs: number[]): CurvePoint[] {
  return throughputs.map((throughput, index) => point(256 * 4 ** index, undefined, throughput))
}

describe('findKnee', () => {
  it('is the smallest batch within 5 % of the best', () => {
    const knee = findKnee(curve(300, 700, 960, 1000, 990))
    expect(knee).toEqual({
      run: { batchRows: 4096, inFlight: undefined },
      best: { batchRows: 16384, inFlight: undefined },
      bestThroughput: 1000,
      share: 0.96,
      tolerance: 0.05,
    })
  })

  it('is the first of a flat curve, and the best of a steep one', () => {
    expect(findKnee(curve(1000, 1000, 999)).run.batchRows).toBe(256)
    expect(findKnee(curve(100, 200, 400, 800)).run.batchRows).toBe(16384)
  })

  it('counts the rows that are in flight', () => {
    const points = [point(4096, 4, 1000), point(65536, 1, 1010), point(1024, 4, 1000)]
    expect(findKnee(points).run).toEqual({ batchRows: 1024, inFlight: 4 })
    const even = [point(4096, 1, 1000), point(1024, 4, 1000)]
    expect(findKnee(even).run).toEqual({ batchRows: 1024, inFlight: 4 })
  })

  it('takes for noise what repeated runs differ by', () => {
    const noisy = [point(256, undefined, 800, 900, 700), point(1024, undefined, 900, 800, 1000)]
    const knee = findKnee(noisy)
    expect(knee.tolerance).toBeCloseTo((100 / 800 + 100 / 900) / 2)
    expect(knee.run.batchRows).toBe(256)
    const quiet = [point(256, undefined, 800, 801), point(1024, undefined, 900, 901)]
    expect(findKnee(quiet)).toMatchObject({ tolerance: 0.05, run: { batchRows: 1024 } })
  })

  it('is never worse than the tolerance, and nothing as good has fewer rows in flight', () => {
    const samples = fc.array(fc.double({ min: 1, max: 4000, noNaN: true }), { minLength: 1 })
    const points = fc.array(
      fc
        .tuple(fc.integer({ min: 1, max: 65536 }), fc.integer({ min: 1, max: 16 }), samples)
        .map(([batchRows, inFlight, values]) => point(batchRows, inFlight, ...values)),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(points, (all) => {
        const { run, share, tolerance, bestThroughput } = findKnee(all)
        expect(share).toBeGreaterThanOrEqual(1 - tolerance)
        expect(bestThroughput).toBe(Math.max(...all.map((one) => median(one.samples))))
        for (const other of all) {
          const rows = other.run.batchRows * (other.run.inFlight ?? 1)
          if (rows >= run.batchRows * (run.inFlight ?? 1)) continue
          expect(median(other.samples) / bestThroughput).toBeLessThan(1 - tolerance)
        }
      }),
    )
  })
})

describe('kneeSentence', () => {
  it('names the knee, the best and what counted as good', () => {
    expect(kneeSentence('ingest', findKnee(curve(300, 960, 1000)))).toBe(
      'knee of ingest: batches of 1,024 rows get 0.96 of the best, which is 1000 MB/s with ' +
        'batches of 4,096 rows; fewer rows under way lose more than 5 %',
    )
    const noisy = [point(256, 4, 800, 1000), point(1024, 4, 900, 1100)]
    expect(kneeSentence('add', findKnee(noisy))).toBe(
      'knee of add: batches of 256 rows, 4 in flight get 0.90 of the best, which is 1000 MB/s ' +
        'with batches of 1,024 rows, 4 in flight; fewer rows under way lose more than 11 %, the ' +
        'noise',
    )
  })
})
