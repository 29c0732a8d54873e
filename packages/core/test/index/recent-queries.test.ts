import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentQueries } from '../../src/index/recent-queries.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'

function remembering(numbers: Iterable<number>): RecentQueries {
  const queries = new RecentQueries(scalarKernels, 4)
  for (const number of numbers) queries.add(new Uint8Array(Uint32Array.of(number).buffer))
  return queries
}

function numbersOf(queries: RecentQueries): number[] {
  return [...new Uint32Array(queries.packed().slice().buffer)]
}

describe('RecentQueries', () => {
  it('remembers the last 512, the last one last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), (count) => {
        const all = Array.from({ length: count }, (_, i) => i)
        expect(numbersOf(remembering(all))).toEqual(all.slice(-512))
      }),
    )
  })

  it('remembers nothing twice, and counts what was new', () => {
    const queries = remembering([1, 2, 1, 1, 3, 2])
    expect(numbersOf(queries)).toEqual([1, 2, 3])
    expect(queries.count).toBe(3)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 700 }), { maxLength: 3000 }), (asked) => {
        const expected: number[] = []
        let count = 0
        for (const number of asked) {
          if (expected.includes(number)) continue
          expected.push(number)
          count += 1
          if (expected.length > 512) expected.shift()
        }
        const remembered = remembering(asked)
        expect(numbersOf(remembered)).toEqual(expected)
        expect(remembered.count).toBe(count)
      }),
      { numRuns: 30 },
    )
  })

  it('remembers fewer where they are long, but 256', () => {
    const lengthWith = (stride: number): number => {
      const queries = new RecentQueries(scalarKernels, stride)
      for (let i = 0; i < 600; i++) {
        const query = new Uint8Array(stride)
        query.set(Uint8Array.of(i, i >>> 8))
        queries.add(query)
      }
      return queries.packed().length / stride
    }
    expect(lengthWith(2048)).toBe(512)
    expect(lengthWith(3000)).toBe(349)
    expect(lengthWith(16_384)).toBe(256)
  })
})
