import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Figures, median, percentile } from '../src/figures.js'

const samples = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), {
  minLength: 1,
})

describe('median', () => {
  it('is the middle one of an odd count, the mean of two of an even count', () => {
    expect(median([5, 1, 3])).toBe(3)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('has as many samples on either side, whatever their order', () => {
    fc.assert(
      fc.property(samples, (values) => {
        const middle = median(values)
        const half = values.length / 2
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(half)
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(half)
      }),
    )
  })

  it('needs a sample', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('percentile', () => {
  it('runs from the least to the greatest', () => {
    expect(percentile([30, 10, 20], 0)).toBe(10)
    expect(percentile([30, 10, 20], 100)).toBe(30)
    expect(percentile([10, 20], 75)).toBe(17.5)
  })

  it('never falls as the percentage grows, and leaves its input as it was', () => {
    fc.assert(
      fc.property(samples, fc.nat(100), fc.nat(100), (values, a, b) => {
        const before = [...values]
        const low = percentile(values, Math.min(a, b))
        expect(low).toBeLessThanOrEqual(percentile(values, Math.max(a, b)))
        expect(values).toEqual(before)
      }),
    )
  })
})

describe('Figures', () => {
  it('reports median, extremes and samples by name, in the order of first use', () => {
    const figures = new Figures()
    figures.add('b.speed', 'MB/s', 3)
    figures.add('a.share', 'share', 0.5)
    figures.add('b.speed', 'MB/s', 1)
    figures.add('b.speed', 'MB/s', 8)
    expect(JSON.parse(JSON.stringify(figures))).toEqual({
      'b.speed': { value: 3, unit: 'MB/s', min: 1, max: 8, samples: [3, 1, 8] },
      'a.share': { value: 0.5, unit: 'share', min: 0.5, max: 0.5, samples: [0.5] },
    })
    expect(Object.keys(figures.toJSON())).toEqual(['b.speed', 'a.share'])
  })

  it('knows nothing of a figure without a sample', () => {
    expect(new Figures().get('none')).toBeUndefined()
  })
})
