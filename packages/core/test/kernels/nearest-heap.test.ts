import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createNearestHeap,
  drainSorted,
  offerAgain,
  offerNearest,
} from '../../src/kernels/nearest-heap.js'

describe('nearest heap', () => {
  it('keeps the k nearest, ties to the lower row, whatever the order of offers', () => {
    const distances = fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 80 })
    const scene = distances.chain((values) =>
      fc.tuple(
        fc.constant(values),
        fc.shuffledSubarray([...values.keys()], { minLength: values.length }),
      ),
    )
    fc.assert(
      fc.property(
        scene,
        fc.integer({ min: 1, max: 30 }),
        fc.nat(9),
        ([values, order], k, bound) => {
          const heap = createNearestHeap(k, bound)
          for (const row of order) offerNearest(heap, values[row]!, row)
          const expected = [...values.keys()]
            .filter((row) => values[row]! <= bound)
            .sort((a, b) => values[a]! - values[b]! || a - b)
            .slice(0, k)
          const drained = drainSorted(heap)
          expect([...drained.rows]).toEqual(expected)
          expect([...drained.distances]).toEqual(expected.map((row) => values[row]))
          expect(heap.count).toBe(0)
        },
      ),
    )
  })

  it('keeps a row that is offered again once, with the least of its distances', () => {
    const offers = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -3, max: 9 })))
    fc.assert(
      fc.property(offers, fc.integer({ min: 1, max: 20 }), fc.nat(9), (all, k, bound) => {
        const heap = createNearestHeap(k, bound)
        const least = new Map<number, number>()
        for (const [row, distance] of all) {
          offerAgain(heap, distance, row)
          least.set(row, Math.min(distance, least.get(row) ?? distance))
        }
        const expected = [...least]
          .filter(([, distance]) => distance <= bound)
          .sort((a, b) => a[1] - b[1] || a[0] - b[0])
          .slice(0, k)
        const { rows, distances } = drainSorted(heap)
        expect([...rows].map((row, i) => [row, distances[i]])).toEqual(expected)
      }),
    )
  })

  it('lowers the distance of a row in a full heap, and drops no other for it', () => {
    const heap = createNearestHeap(2)
    for (const [row, distance] of [
      [4, 8],
      [5, 6],
      [4, 7],
      [4, 9],
    ] as const) {
      offerAgain(heap, distance, row)
    }
    const { rows, distances } = drainSorted(heap)
    expect([[...rows], [...distances]]).toEqual([
      [5, 4],
      [6, 7],
    ])
  })

  it('drains an example nearest first and can be used again', () => {
    const heap = createNearestHeap(2)
    offerNearest(heap, 3, 0)
    offerNearest(heap, 1, 1)
    offerNearest(heap, 2, 2)
    expect([...drainSorted(heap).rows]).toEqual([1, 2])
    offerNearest(heap, Number.POSITIVE_INFINITY, 7)
    expect([...drainSorted(heap).rows]).toEqual([7])
  })

  it.each([0, -1, 1.5, Number.NaN, 10_001])('refuses k = %s', (k) => {
    expect(() => createNearestHeap(k)).toThrow(
      expect.objectContaining({ code: 'SLUICE_INVALID_ARGUMENT' }),
    )
  })

  it('refuses a bound that is NaN', () => {
    expect(() => createNearestHeap(1, Number.NaN)).toThrow(/distanceMax/)
  })
})
