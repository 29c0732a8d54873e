import { describe, expect, it } from 'vitest'
import { storedSeconds } from '../src/clock.js'

describe('storedSeconds', () => {
  it('rounds up', () => {
    expect(storedSeconds(1_700_000_000_000)).toBe(1_700_000_000)
    expect(storedSeconds(1_700_000_000_001)).toBe(1_700_000_001)
  })

  it('is a u32 and never 0, whatever the clock says', () => {
    for (const clockMs of [-8.64e15, -1, 0]) expect(storedSeconds(clockMs)).toBe(1)
    for (const clockMs of [2 ** 32 * 1000, 8.64e15]) {
      expect(storedSeconds(clockMs)).toBe(2 ** 32 - 1)
    }
  })
})
