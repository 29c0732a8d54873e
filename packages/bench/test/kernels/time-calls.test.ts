import { describe, expect, it } from 'vitest'
import { timeCalls } from '../../src/kernels/time-calls.js'

describe('timeCalls', () => {
  it('gives seconds per call, by name, and has called as often as it takes', () => {
    const calls = { first: 0, second: 0 }
    const samples = timeCalls(
      [
        { name: 'first', run: () => void calls.first++ },
        { name: 'second', run: () => void calls.second++ },
      ],
      5,
    )
    expect([...samples.keys()]).toEqual(['first', 'second'])
    for (const [name, seconds] of samples) {
      expect(seconds.length, name).toBeGreaterThanOrEqual(3)
      expect(Math.min(...seconds), name).toBeGreaterThan(0)
      expect(Math.max(...seconds), name).toBeLessThan(1)
    }
    // A call of nothing is repeated many times for a sample.
    expect(Math.min(calls.first, calls.second)).toBeGreaterThan(1000)
  })

  it('takes an odd number of samples, so that their median is one of them', () => {
    // As many as come together within a time that none can tell beforehand.
    for (let timeMs = 20; timeMs < 30; timeMs++) {
      const samples = timeCalls([{ name: 'call', run: () => Math.hypot(timeMs, 1) }], timeMs)
      expect((samples.get('call')?.length ?? 0) % 2).toBe(1)
    }
  })

  it('throws what a call throws', () => {
    const failing = {
      name: 'failing',
      run: () => {
        throw new Error('no such row')
      },
    }
    expect(() => timeCalls([failing], 1)).toThrow('no such row')
  })
})
