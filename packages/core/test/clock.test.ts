import { describe, expect, it } from 'vitest'
import { wallClockSeconds } from '../src/clock.js'

describe('wallClockSeconds', () => {
  it('rounds up', () => {
    expect(wallClockSeconds(1_700_000_000_000)).toBe(1_700_000_000)
    expect(wallClockSeconds(1_700_000_000_001)).toBe(1_700_000_001)
  })

  it('is a u32 and never 0, whatever the clock says', () => {
    for (const clockMs of [-8.64e15, -1, 0]) expect(wallClockSeconds(clockMs)).toBe(1)
    for (const clockMs of [2 ** 32 * 1000, 8.64e15]) {
      expect(wallClockSeconds(clockMs)).toBe(2 ** 32 - 1)
    }
  })
})
