import { describe, expect, it } from 'vitest'
import { bytesText, percentText, shortNumber, tickText } from '../../src/html/numbers.js'

describe('numbers', () => {
  it.each([
    [
      [0, 500, 1000],
      ['0', '500', '1,000'],
    ],
    [
      [0, 5000, 10_000],
      ['0', '5k', '10k'],
    ],
    [
      [0, 0.2, 0.4],
      ['0', '0.2', '0.4'],
    ],
    [
      [1e8, 2e9],
      ['100M', '2G'],
    ],
    [
      [0.00001, 0.1],
      ['1e-5', '0.1'],
    ],
    [
      [1e15, 2e15],
      ['1e+15', '2e+15'],
    ],
  ])('writes ticks %j as %j', (ticks, texts) => {
    expect(ticks.map((tick) => tickText(tick, ticks))).toEqual(texts)
  })

  it.each([
    [12_345, '12,345'],
    [1_234_567, '1.23M'],
    [123_456, '123k'],
    [0.0407, '0.0407'],
  ])('writes %d beside a mark as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text)
  })

  it.each([
    [512, '512 bytes'],
    [25_200_000_000, '23.5 GiB'],
    [0, '0 bytes'],
    [2 ** 60, '1,048,576 TiB'],
  ])('writes %d bytes as %s', (value, text) => {
    expect(bytesText(value)).toBe(text)
  })

  it('writes shares as percentages of few digits', () => {
    expect([0, 1 / 3, 1].map(percentText)).toEqual(['0%', '33.33%', '100%'])
  })
})
