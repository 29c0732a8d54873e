import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interleaved } from '../src/interleaved.js'

describe('interleaved', () => {
  it('begins each round elsewhere', () => {
    expect([...interleaved(['a', 'b', 'c'], 3)].join('')).toBe('abcbcacab')
  })

  it('has every item once in every round', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), fc.nat(20), (items, rounds) => {
        const order = [...interleaved(items, rounds)]
        for (let round = 0; round < rounds; round++) {
          const part = order.slice(round * items.length, (round + 1) * items.length)
          expect(new Set(part)).toEqual(new Set(items))
        }
        expect(order).toHaveLength(items.length * rounds)
      }),
    )
  })
})
