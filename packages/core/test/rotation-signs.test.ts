import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rotationSigns } from '../src/rotation-signs.js'

/** The first 32 signs as a word, 1 for -1. */
function firstWord(signs: Float32Array): number {
  return [...signs.subarray(0, 32)].reduce((word, sign, i) => word | ((sign < 0 ? 1 : 0) << i), 0)
}

describe('rotationSigns', () => {
  it('are 2 D numbers, +1 or -1', () => {
    const signs = rotationSigns(384, 1)
    expect(signs.length).toBe(768)
    expect(signs.every((sign) => sign === 1 || sign === -1)).toBe(true)
  })

  it('are the same for the same seed, on every machine', () => {
    expect(firstWord(rotationSigns(64, 0)) >>> 0).toBe(0x92ca2f0e)
    expect(firstWord(rotationSigns(64, 1)) >>> 0).toBe(0x50653bed)
    expect(firstWord(rotationSigns(64, 0xffffffff)) >>> 0).toBe(0xdbe6c1c3)
  })

  it('do not depend on how many are asked for', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (seed, steps) => {
        const few = rotationSigns(64 * steps, seed)
        expect(rotationSigns(8192, seed).subarray(0, few.length)).toEqual(few)
      }),
      { numRuns: 20 },
    )
  })

  it('are balanced, and one seed says nothing about the next, nor one sign about another', () => {
    const size = 16_384
    const limit = 5 * Math.sqrt(size)
    const product = (a: Float32Array, b: Float32Array): number =>
      Math.abs(a.reduce((sum, sign, i) => sum + sign * b[i]!, 0))
    const ones = new Float32Array(size).fill(1)
    for (let seed = 0; seed < 20; seed++) {
      const signs = rotationSigns(size / 2, seed)
      expect(product(signs, ones), `${seed}`).toBeLessThan(limit)
      expect(product(signs, rotationSigns(size / 2, seed + 1)), `${seed}`).toBeLessThan(limit)
      for (const shift of [1, 2, 31, 32, 64, 4096, 8192]) {
        const shifted = new Float32Array(size)
        shifted.set(signs.subarray(shift))
        expect(product(signs, shifted), `${seed} shifted by ${shift}`).toBeLessThan(limit)
      }
    }
  })
})
