import { describe, expect, it } from 'vitest'
import { Random } from '../../src/vectors/random.js'

describe('Random', () => {
  it('repeats itself with the same seed and differs with another', () => {
    const take = (seed: number): number[] => {
      const random = new Random(seed)
      return Array.from({ length: 100 }, () => random.word())
    }
    expect(take(7)).toEqual(take(7))
    expect(take(7)).not.toEqual(take(8))
  })

  it('gives normal numbers of mean 0 and deviation 1', () => {
    const random = new Random(1)
    const values = Array.from({ length: 100_000 }, () => random.normal())
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(Math.abs(variance - 1)).toBeLessThan(0.02)
  })

  it('reaches every number below a bound and none beyond', () => {
    const random = new Random(2)
    const seen = new Set(Array.from({ length: 1000 }, () => random.below(7)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})
