import { describe, expect, it } from 'vitest'
import { Clusters } from '../../../src/vectors/distributions/clusters.js'
import { RealLike } from '../../../src/vectors/distributions/real-like.js'
import { Random } from '../../../src/vectors/random.js'

const VALUE_COUNT = 32

/** Rows in few clusters, so that there is a structure to be like. */
function realRows(rowCount: number): Float32Array {
  const clusters = new Clusters({ valueCount: VALUE_COUNT, random: new Random(8) }, 'sorted')
  const rows = new Float32Array(rowCount * VALUE_COUNT)
  const vector = new Float64Array(VALUE_COUNT)
  for (let row = 0; row < rowCount; row++) {
    clusters.next(vector, (row % 5) / 5)
    rows.set(vector, row * VALUE_COUNT)
  }
  return rows
}

function make(values: Float32Array, seed: number, count: number): Float64Array[] {
  const distribution = new RealLike({ values, valueCount: VALUE_COUNT }, new Random(seed))
  // One array for all, as generators use it.
  const vector = new Float64Array(VALUE_COUNT)
  return Array.from({ length: count }, () => {
    distribution.next(vector)
    return vector.slice()
  })
}

function nearestCosine(rows: Float32Array, vector: Float64Array): number {
  let best = -1
  for (let at = 0; at < rows.length; at += VALUE_COUNT) {
    let dot = 0
    for (let i = 0; i < VALUE_COUNT; i++) dot += (rows[at + i] as number) * (vector[i] as number)
    best = Math.max(best, dot)
  }
  return best
}

describe('RealLike', () => {
  it('gives the same rows for the same seed, others for another', () => {
    const rows = realRows(100)
    expect(make(rows, 3, 20)).toEqual(make(rows, 3, 20))
    expect(make(rows, 3, 20)).not.toEqual(make(rows, 4, 20))
  })

  it('makes rows near the given ones, but none that is given', () => {
    const rows = realRows(500)
    const nearest = make(rows, 1, 200).map((vector) => nearestCosine(rows, vector))
    const mean = nearest.reduce((sum, value) => sum + value, 0) / nearest.length
    expect(mean).toBeGreaterThan(0.6)
    expect(Math.max(...nearest)).toBeLessThan(0.9999)
  })

  it('makes each row anew', () => {
    const made = make(realRows(500), 1, 1000)
    const meanCosine = (distance: number): number => {
      let sum = 0
      for (let at = 0; at + distance < made.length; at++) {
        const other = made[at + distance] as Float64Array
        sum += (made[at] as Float64Array).reduce((dot, x, i) => dot + x * (other[i] as number), 0)
      }
      return sum / (made.length - distance)
    }
    expect(Math.abs(meanCosine(1) - meanCosine(300))).toBeLessThan(0.1)
  })

  it('makes rows of length 1 of a single row, and of rows that are all alike', () => {
    const one = realRows(1)
    const alike = new Float32Array(100 * VALUE_COUNT)
    for (let row = 0; row < 100; row++) alike.set(one, row * VALUE_COUNT)
    for (const rows of [one, alike]) {
      for (const vector of make(rows, 1, 5)) expect(nearestCosine(one, vector)).toBeCloseTo(1, 5)
    }
  })
})
