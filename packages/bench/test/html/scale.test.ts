import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  doublingScale,
  linearScale,
  logScale,
  recallScale,
  type Scale,
  zeroScale,
} from '../../src/html/scale.js'

const anything = fc.array(fc.oneof(fc.double(), fc.double({ min: -10, max: 1e6 }), fc.nat(5)))

function expectTicks({ ticks, at, text }: Scale): void {
  expect(ticks.length).toBeGreaterThanOrEqual(2)
  expect(ticks.length).toBeLessThanOrEqual(12)
  for (const [index, tick] of ticks.entries()) {
    expect(Number.isFinite(tick)).toBe(true)
    expect(text(tick)).not.toMatch(/NaN|Infinity|undefined/)
    if (index > 0) {
      const before = ticks[index - 1] as number
      expect(tick).toBeGreaterThan(before)
      expect(at(tick)).toBeGreaterThan(at(before))
    }
  }
  expect(at(ticks[0] as number)).toBe(0)
  expect(at(ticks.at(-1) as number)).toBe(1)
}

/** Rounded to 12 digits, an end may miss the data by this share of its size. */
const ROUNDING = 1e-11

function expectCovered({ ticks }: Scale, values: readonly number[]): void {
  for (const value of values) {
    const slack = ROUNDING * Math.max(Math.abs(value), ...ticks.map(Math.abs))
    expect(ticks[0] as number).toBeLessThanOrEqual(value + slack)
    expect(ticks.at(-1) as number).toBeGreaterThanOrEqual(value - slack)
  }
}

/** What an axis can be asked to show without cutting it: neither huge nor next to nothing. */
function isTame(value: number): boolean {
  return value === 0 || (Math.abs(value) <= 1e200 && Math.abs(value) >= 1e-200)
}

describe('scales', () => {
  it.each([
    [
      [0, 820],
      [0, 500, 1000],
    ],
    [
      [0.2, 0.9],
      [0.2, 0.4, 0.6, 0.8, 1],
    ],
    [
      [-3, 12],
      [-5, 0, 5, 10, 15],
    ],
    [[7], [0, 2, 4, 6, 8]],
    [
      [3, 3, 3],
      [0, 1, 2, 3],
    ],
    [[-2], [-2, -1.5, -1, -0.5, 0]],
    [[0], [0, 1]],
    [[], [0, 1]],
  ])('linear: %j has ticks %j', (values, ticks) => {
    expect(linearScale(values).ticks).toEqual(ticks)
  })

  it.each([
    [
      [110, 4600],
      [100, 200, 500, 1000, 2000, 5000],
    ],
    [
      [3, 40_000],
      [1, 10, 100, 1000, 10_000, 100_000],
    ],
    [[5], [5, 10]],
    [
      [0, -1],
      [1, 10],
    ],
    [[], [1, 10]],
  ])('logarithmic: %j has ticks %j', (values, ticks) => {
    expect(logScale(values).ticks).toEqual(ticks)
  })

  it.each([
    [
      [256, 65_536],
      [256, 1024, 4096, 16_384, 65_536],
    ],
    [
      [1000, 3000],
      [512, 1024, 2048, 4096],
    ],
    [[1], [1, 2]],
    [[], [1, 2]],
  ])('doubling: %j has ticks %j', (values, ticks) => {
    expect(doublingScale(values).ticks).toEqual(ticks)
  })

  it('recall: nines are as far from each other, and one is at the end', () => {
    const { ticks, at, text } = recallScale([0.91, 0.995, 1])
    expect(ticks).toEqual([0.9, 0.95, 0.99, 0.999, 0.9999])
    expect(ticks.map(text)).toEqual(['.9', '.95', '.99', '.999', '\u2265.9999'])
    expect(at(0.99) - at(0.9)).toBeCloseTo(at(0.999) - at(0.99))
    expect(at(1)).toBe(1)
  })

  it.each([
    ['linear', linearScale],
    ['from zero', zeroScale],
    ['logarithmic', logScale],
    ['doubling', doublingScale],
    ['recall', recallScale],
  ] as const)('%s: ticks ascend, are finite and begin and end the axis, of any data', (_, make) => {
    fc.assert(
      fc.property(anything, (values) => {
        const scale = make(values)
        expectTicks(scale)
        for (const value of values) {
          const place = scale.at(value)
          expect(place >= 0 && place <= 1, `${value} at ${place}`).toBe(true)
        }
      }),
    )
  })

  it('writes no two ticks alike', () => {
    fc.assert(
      fc.property(anything, (values) => {
        for (const make of [zeroScale, logScale, doublingScale, recallScale]) {
          const { ticks, text } = make(values)
          expect(new Set(ticks.map(text)).size).toBe(ticks.length)
        }
      }),
    )
  })

  it('covers the data', () => {
    fc.assert(
      fc.property(anything, (values) => {
        const tame = values.filter((value) => Number.isFinite(value) && isTame(value))
        expectCovered(linearScale(tame), tame)
        expectCovered(zeroScale(tame), [0, ...tame])
        const positive = tame.filter((value) => value > 0)
        expectCovered(logScale(tame), positive)
        const counts = tame.filter((value) => value >= 1)
        expectCovered(doublingScale(counts), counts)
        const recalls = tame.filter((value) => value >= 0 && value <= 0.9999)
        expectCovered(recallScale(recalls), recalls)
      }),
    )
  })

  it('keeps the order of values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 2 }), (values) => {
        const sorted = [...values].sort((a, b) => a - b)
        for (const make of [linearScale, logScale, doublingScale, recallScale]) {
          const places = sorted.map(make(values).at)
          expect([...places].sort((a, b) => a - b)).toEqual(places)
        }
      }),
    )
  })
})
