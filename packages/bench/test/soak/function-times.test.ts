import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { FunctionTimes } from '../../src/soak/function-times.js'

function spinUntil(endMs: number): void {
  while (performance.now() < endMs);
}

describe('FunctionTimes', () => {
  it('tells what the slow windows were spent in, and the others were not', async () => {
    const grid = { originMs: performance.now() + 200, windowMs: 100, count: 6 }
    const times = new FunctionTimes(grid, () => undefined)
    await delay(grid.originMs + 200 - performance.now())
    spinUntil(grid.originMs + 400)
    await delay(grid.originMs + 600 - performance.now())
    times.stop()
    const shares = times.compare((window) => window === 2 || window === 3, 5)
    const spun = shares.filter(({ name }) => /^(spinUntil|now)/.test(name))
    expect(spun.reduce((sum, { slow, fast }) => sum + slow - fast, 0)).toBeGreaterThan(0.5)
    expect(spun.some(({ name }) => name.includes('function-times.test.ts:'))).toBe(true)
    expect(times.compare(() => false, 5)).toEqual([])
  })
})
