import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Clusters } from '../../../src/vectors/distributions/clusters.js'
import { findNeighbourhoods } from '../../../src/vectors/distributions/neighbourhoods.js'
import { Random } from '../../../src/vectors/random.js'

describe('findNeighbourhoods', () => {
  it('puts every row into one group of at most so many', () => {
    const values = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 200 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), fc.nat(), (numbers, groupMax, seed) => {
        const rows = new Float32Array(numbers.slice(0, numbers.length & ~1))
        const rowCount = rows.length / 2
        const found = findNeighbourhoods(
          { values: rows, valueCount: 2 },
          groupMax,
          new Random(seed),
        )
        expect([...found.order].sort((a, b) => a - b)).toEqual(
          Array.from({ length: rowCount }, (_, i) => i),
        )
        for (let at = 0; at < rowCount; at++) {
          const [from, to] = [found.starts[at] as number, found.ends[at] as number]
          expect(from <= at && at < to && to - from <= groupMax).toBe(true)
          expect([found.starts[from], found.ends[to - 1]]).toEqual([from, to])
        }
      }),
    )
  })

  it('puts near rows together', () => {
    const valueCount = 24
    const clusters = new Clusters({ valueCount, random: new Random(1) }, 'sorted')
    const [values, vector] = [new Float32Array(4000 * valueCount), new Float64Array(valueCount)]
    for (let row = 0; row < 4000; row++) {
      // Ten clusters, by turns.
      clusters.next(vector, (row % 10) / 10)
      values.set(vector, row * valueCount)
    }
    const { order, starts, ends } = findNeighbourhoods({ values, valueCount }, 32, new Random(2))
    let same = 0
    let pairs = 0
    for (let at = 0; at < 4000; at++) {
      for (let mate = starts[at] as number; mate < (ends[at] as number); mate++) {
        pairs += 1
        if ((order[at] as number) % 10 === (order[mate] as number) % 10) same += 1
      }
    }
    expect(same / pairs).toBeGreaterThan(0.6)
  })
})
