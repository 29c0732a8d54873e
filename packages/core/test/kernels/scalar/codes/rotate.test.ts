import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rotate } from '../../../../src/kernels/scalar/codes/rotate.js'
import { rotationSigns } from '../../../../src/rotation-signs.js'
import { seededNumbers } from './code-data.js'
import { rotated, runOf } from './naive-codes.js'

const DIMENSIONS = [64, 128, 192, 256, 320, 384, 448, 768, 960, 1536, 4096, 4160, 8192]

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0)
}

/** Rotated, at the length that it had. */
function rotatedAlone(x: Float32Array, signs: Float32Array): Float32Array {
  const run = runOf(x.length)
  const y = x.slice()
  rotate(y, signs, run)
  return y.map((value) => value / run)
}

describe('rotate', () => {
  it('keeps lengths and inner products', () => {
    for (const dimension of DIMENSIONS) {
      const signs = rotationSigns(dimension, dimension)
      const [a, b] = [seededNumbers(dimension, 1), seededNumbers(dimension, 2)]
      const [ya, yb] = [rotatedAlone(a, signs), rotatedAlone(b, signs)]
      const scale = Math.sqrt(dot(a, a) * dot(b, b))
      expect(Math.abs(dot(ya, ya) / dot(a, a) - 1), `${dimension}`).toBeLessThan(1e-5)
      expect(Math.abs(dot(ya, yb) - dot(a, b)) / scale, `${dimension}`).toBeLessThan(1e-5)
    }
  })

  it('is undone by the same steps the other way round', () => {
    for (const dimension of DIMENSIONS) {
      const run = runOf(dimension)
      const signs = rotationSigns(dimension, 5)
      const x = seededNumbers(dimension, 3)
      const y = rotatedAlone(x, signs)
      // Butterflies and reflections are their own inverses; signs stand on the other side.
      const back = undone(undone(y, run, signs.subarray(dimension)), run, signs)
      const worst = back.reduce((max, value, i) => Math.max(max, Math.abs(value - x[i]!)), 0)
      expect(worst, `${dimension}`).toBeLessThan(1e-5)
    }
  })

  it('spreads what lies in one dimension over all of them', () => {
    for (const dimension of [64, 384, 768]) {
      const x = new Float32Array(dimension)
      x[3] = 1
      const y = rotatedAlone(x, rotationSigns(dimension, 9))
      expect(Math.max(...y.map(Math.abs)), `${dimension}`).toBeLessThan(0.6)
      expect(y.filter((value) => value !== 0).length).toBeGreaterThan(dimension / 3)
    }
  })

  it('gives the bits of the written definition', () => {
    fc.assert(
      fc.property(fc.constantFrom(64, 128, 192, 384, 512, 576), fc.nat(), (dimension, seed) => {
        const signs = rotationSigns(dimension, seed)
        const x = seededNumbers(dimension, seed)
        const y = x.slice()
        rotate(y, signs, runOf(dimension))
        expect([...y]).toEqual(rotated([...x], signs))
      }),
      { numRuns: 40 },
    )
  })
})

/** One round backwards, by definition and in float64. */
function undone(y: Float32Array, run: number, signs: Float32Array): Float32Array {
  const runs = y.length / run
  const reflected = y.map((value, at) => {
    if (runs === 1) return value
    let sum = 0
    for (let k = 0; k < runs; k++) sum += y[k * run + (at % run)]!
    return value - (2 / runs) * sum
  })
  const mixed = new Float64Array(reflected)
  for (let distance = 1; distance < run; distance *= 2) {
    const before = mixed.slice()
    for (let i = 0; i < mixed.length; i++) {
      const partner = before[i ^ distance]!
      mixed[i] = i & distance ? partner - before[i]! : before[i]! + partner
    }
  }
  // The kernel leaves a factor of `run` after two rounds, so one round is its root.
  return Float32Array.from(mixed, (value, i) => (value / Math.sqrt(run)) * signs[i]!)
}
