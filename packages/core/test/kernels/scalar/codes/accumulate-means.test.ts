import { describe, expect, it } from 'vitest'
import { codeElementsOf } from '../../../../src/code-layout.js'
import { COMBINATIONS, movedTo } from '../../../../src/conformance/kernel-provider-data.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import { bytesOf, plainSpace, rowAt, rowsOf, spaceOf } from './code-data.js'
import { centred } from './naive-codes.js'

describe('accumulateMeans', () => {
  it('adds each row to the sums of its list, for every dtype and metric', () => {
    for (const combination of COMBINATIONS) {
      const space = spaceOf(combination, 37)
      const n = codeElementsOf(space.dtype, space.dimension)
      const rows = rowsOf(space, 20, 1)
      const lists = Uint32Array.from({ length: 20 }, (_, row) =>
        row % 5 === 4 ? 0xffffffff : row % 3,
      )
      const sums = new Float64Array(3 * n).fill(0.5)
      const counts = Uint32Array.of(10, 20, 30)
      const expected = { sums: sums.slice(), counts: counts.slice() }
      for (let row = 0; row < 20; row++) {
        const list = lists[row]!
        if (list === 0xffffffff) continue
        const { u } = centred(space, rowAt(space, rows, row))
        u.forEach((x, i) => {
          expected.sums[list * n + i]! += x
        })
        expected.counts[list]!++
      }
      scalarKernels.accumulateMeans({ space, rows: movedTo(1, rows), lists, sums, counts })
      expect({ sums, counts }, combination.join()).toEqual(expected)
    }
  })

  it('gives means by division', () => {
    const space = plainSpace('dot', 2)
    const rows = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 60))
    const sums = new Float64Array(4)
    const counts = new Uint32Array(2)
    const lists = Uint32Array.of(1, 0, 1)
    scalarKernels.accumulateMeans({ space, rows, lists, sums, counts })
    expect([...sums]).toEqual([3, 4, 6, 62])
    expect([...counts]).toEqual([1, 2])
  })

  it('adds rows at length 1 under cosine, and counts a row of zeros', () => {
    const space = plainSpace('cosine', 2)
    const rows = bytesOf(Float32Array.of(3, 4, 30, 40, 0, 0))
    const sums = new Float64Array(2)
    const counts = new Uint32Array(1)
    scalarKernels.accumulateMeans({ space, rows, lists: new Uint32Array(3), sums, counts })
    expect(sums[0]).toBeCloseTo(1.2, 6)
    expect(sums[1]).toBeCloseTo(1.6, 6)
    expect(counts[0]).toBe(3)
  })

  it('takes no lists and no rows', () => {
    const space = plainSpace('l2', 3)
    const nothing = new Uint32Array(0)
    const sums = new Float64Array(0)
    const rows = new Uint8Array(0)
    scalarKernels.accumulateMeans({ space, rows, lists: nothing, sums, counts: nothing })
    expect(sums.length).toBe(0)
  })
})
