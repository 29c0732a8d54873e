import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  sumDifferenceProducts,
  sumMagnitudes,
  sumProducts,
  sumSquaredDifferences,
  sumSquares,
} from '../../../../src/kernels/scalar/codes/sum64.js'
import { sum64 } from './naive-codes.js'

const f = Math.fround
const vectors = fc
  .integer({ min: 1, max: 300 })
  .chain((length) =>
    fc.tuple(
      ...[1, 2, 3].map(() =>
        fc.float32Array({ minLength: length, maxLength: length, min: -1e9, max: 1e9, noNaN: true }),
      ),
    ),
  ) as fc.Arbitrary<[Float32Array, Float32Array, Float32Array]>

describe('sum64', () => {
  it('adds lanes in order, then halves to halves', () => {
    // 2^24 + 1 is lost in one lane, and kept where the ones meet first.
    const sameLane = new Float32Array(192)
    sameLane.set([2 ** 24], 0)
    sameLane.set([1], 64)
    sameLane.set([1], 128)
    expect(sumMagnitudes(sameLane)).toBe(2 ** 24)
    const otherLanes = new Float32Array(64)
    otherLanes.set([2 ** 24, 1], 0)
    otherLanes.set([1], 33)
    expect(sumMagnitudes(otherLanes)).toBe(2 ** 24 + 2)
  })

  it('gives the bits of the written definition, for all kinds of terms', () => {
    fc.assert(
      fc.property(vectors, ([a, b, c]) => {
        const n = a.length
        const each = (term: (i: number) => number): number =>
          sum64(Array.from({ length: n }, (_, i) => term(i)))
        expect(sumSquares(a, n)).toBe(each((i) => f(a[i]! * a[i]!)))
        expect(sumProducts(a, b)).toBe(each((i) => f(a[i]! * b[i]!)))
        expect(sumMagnitudes(a)).toBe(each((i) => Math.abs(a[i]!)))
        const rows = new Float32Array(n + 7)
        rows.set(c, 7)
        const difference = (i: number): number => f(b[i]! - c[i]!)
        expect(sumSquaredDifferences(b, rows, 7, n)).toBe(
          each((i) => f(difference(i) * difference(i))),
        )
        expect(sumDifferenceProducts(a, b, rows, 7)).toBe(each((i) => f(a[i]! * difference(i))))
      }),
    )
  })

  it('is not changed by zeros after the end', () => {
    fc.assert(
      fc.property(vectors, fc.nat(200), ([a, b], zeros) => {
        const longer = new Float32Array(a.length + zeros)
        longer.set(a)
        expect(sumSquares(longer, longer.length)).toBe(sumSquares(a, a.length))
        expect(sumMagnitudes(longer)).toBe(sumMagnitudes(a))
        expect(sumProducts(longer, b)).toBe(sumProducts(a, b))
      }),
    )
  })
})
