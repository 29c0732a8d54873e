import { describe, expect, it } from 'vitest'
import { formatNumber } from '../src/report-text.js'

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [0.123456, '0.123'],
    [12.345, '12.3'],
    [999.4, '999'],
    [1234.5, '1,235'],
    [-2500000, '-2,500,000'],
    [0.0000042, '0.0000042'],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })
})
