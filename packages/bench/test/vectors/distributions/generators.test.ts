import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DISTRIBUTIONS, SEEDED_GENERATORS } from '../../../src/vectors/distributions/generators.js'
import { RowGenerator } from '../../../src/vectors/generate.js'

const DIMENSION = 48

function generate(name: keyof typeof DISTRIBUTIONS, seed: number, rowCount: number): Float32Array {
  const shape = { dtype: 'float32', dimension: DIMENSION, seed } as const
  const rows = new Uint8Array(rowCount * DIMENSION * 4)
  new RowGenerator(shape, DISTRIBUTIONS[name]).fill(rows)
  return new Float32Array(rows.buffer)
}

function cosine(rows: Float32Array, a: number, b: number): number {
  let dot = 0
  for (let i = 0; i < DIMENSION; i++) {
    dot += (rows[a * DIMENSION + i] as number) * (rows[b * DIMENSION + i] as number)
  }
  return dot
}

/** Of some rows and the row so far behind each. */
function meanCosine(rows: Float32Array, distance: number): number {
  let sum = 0
  const count = 1000
  for (let row = 0; row < count; row++) sum += cosine(rows, row, row + distance)
  return sum / count
}

/** Mean cosine of some rows and the nearest of all others. */
function nearestCosine(rows: Float32Array): number {
  const rowCount = rows.length / DIMENSION
  let sum = 0
  for (let row = 0; row < 50; row++) {
    let best = -1
    for (let other = 50; other < rowCount; other++) best = Math.max(best, cosine(rows, row, other))
    sum += best / 50
  }
  return sum
}

describe.each(SEEDED_GENERATORS)('generator %s', (name) => {
  it('gives the same bytes for the same seed, in one piece or several', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(30), (seed, cut) => {
        const whole = generate(name, seed, 30)
        const shape = { dtype: 'float32', dimension: DIMENSION, seed } as const
        const generator = new RowGenerator(shape, DISTRIBUTIONS[name])
        const parts = new Uint8Array(whole.byteLength)
        generator.fill(parts.subarray(0, cut * generator.stride), { from: 0, rowCount: 30 })
        generator.fill(parts.subarray(cut * generator.stride), { from: cut, rowCount: 30 })
        expect(new Float32Array(parts.buffer)).toEqual(whole)
      }),
      { numRuns: 20 },
    )
  })

  it('gives other rows for another seed, none twice, of length 1', () => {
    const rows = generate(name, 1, 200)
    expect(rows).not.toEqual(generate(name, 2, 200))
    for (let row = 0; row < 200; row++) {
      expect(cosine(rows, row, row)).toBeCloseTo(1, 5)
      if (row > 0) expect(cosine(rows, row, row - 1)).toBeLessThan(0.99999)
    }
  })
})

describe('what generators make', () => {
  it('sorts clusters, or not', () => {
    expect(meanCosine(generate('sorted', 1, 20_000), 1)).toBeGreaterThan(0.5)
    expect(Math.abs(meanCosine(generate('sorted', 1, 20_000), 10_000))).toBeLessThan(0.1)
    expect(Math.abs(meanCosine(generate('clustered', 1, 20_000), 1))).toBeLessThan(0.1)
  })

  it('gives anisotropic rows a direction in common, and clusters and uniform rows none', () => {
    expect(meanCosine(generate('anisotropic', 3, 4000), 2000)).toBeCloseTo(0.7, 1)
    for (const name of ['clustered', 'hard', 'uniform'] as const) {
      expect(Math.abs(meanCosine(generate(name, 3, 4000), 2000)), name).toBeLessThan(0.1)
    }
  })

  it('puts neighbours nearer the more structure there is', () => {
    const nearest = (name: keyof typeof DISTRIBUTIONS): number =>
      nearestCosine(generate(name, 5, 5000))
    const uniform = nearest('uniform')
    expect(nearest('hard')).toBeGreaterThan(uniform)
    expect(nearest('clustered')).toBeGreaterThan(uniform + 0.05)
    expect(nearest('manifold')).toBeGreaterThan(uniform + 0.05)
  })
})
