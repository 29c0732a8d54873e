import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMBINATIONS, movedTo } from '../../../../src/conformance/kernel-provider-data.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import {
  anySpace,
  bytesOf,
  encoded,
  lanesOf,
  plainSpace,
  rowAt,
  rowsOf,
  seededNumbers,
  spaceOf,
} from './code-data.js'
import { naiveCode, sum64 } from './naive-codes.js'

const EMPTY = { factor: 0, offset: Number.POSITIVE_INFINITY, error: 0, row: 0xffffffff }

describe('encode', () => {
  it('gives the bits of the written definition, for every dtype and metric', () => {
    for (const combination of COMBINATIONS) {
      // 4 runs of 64 less one: padded, and mixed across runs.
      const space = spaceOf(combination, 187)
      const rows = rowsOf(space, 5, 11)
      const lanes = lanesOf(encoded(space, rows), space.signs.length / 2)
      for (let row = 0; row < 5; row++) {
        expect(lanes[row], combination.join()).toEqual({
          ...naiveCode(space, rowAt(space, rows, row)),
          row,
        })
      }
    }
  })

  it('gives the bits of the written definition, whatever the dimension', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), (space, seed) => {
        const row = rowsOf(space, 1, seed)
        const [lane] = lanesOf(encoded(space, row), space.signs.length / 2)
        expect(lane).toEqual({ ...naiveCode(space, row), row: 0 })
      }),
      { numRuns: 60 },
    )
  })

  it('gives the bits of the written definition around any centre', () => {
    fc.assert(
      fc.property(anySpace, fc.nat(), (space, seed) => {
        const row = rowsOf(space, 1, seed)
        const centre = seededNumbers(space.mean.length, seed).map((x) => x / 3)
        const [lane] = lanesOf(encoded(space, row, 0, centre), space.signs.length / 2)
        expect(lane).toEqual({ ...naiveCode(space, row, centre), row: 0 })
      }),
      { numRuns: 60 },
    )
  })

  it('gives a row that is the centre its distance from nothing, and no error', () => {
    const centre = seededNumbers(70, 5)
    for (const metric of ['l2', 'dot'] as const) {
      const space = spaceOf(['float32', metric], 70)
      const [lane] = lanesOf(encoded(space, bytesOf(centre), 0, centre), 128)
      const cc = sum64([...centre].map((x) => x * x))
      expect(lane).toMatchObject({ factor: -0, error: 0 })
      expect(lane!.offset).toBe(metric === 'l2' ? 0 : Math.fround(Math.fround(0.5 * cc) - cc))
    }
  })

  it('lays 32 rows out a block, and leaves the lanes after the last row empty', () => {
    const space = plainSpace('l2', 100)
    const rows = rowsOf(space, 41, 3)
    const lanes = lanesOf(encoded(space, rows, 1000), 128)
    expect(lanes.length).toBe(64)
    for (let row = 0; row < 41; row++) {
      expect(lanes[row]).toEqual({ ...naiveCode(space, rowAt(space, rows, row)), row: 1000 + row })
    }
    const noCode = new Array(16).fill(0)
    for (const lane of lanes.slice(41)) expect(lane).toEqual({ ...EMPTY, code: noCode })
  })

  it('does not care where arrays lie, nor what was in the blocks', () => {
    for (const combination of COMBINATIONS) {
      const space = spaceOf(combination, 70)
      const rows = rowsOf(space, 33, 5)
      const expected = encoded(space, rows)
      const blocks = movedTo(1, new Uint8Array(expected.length).fill(0xa5))
      scalarKernels.encode({ space, rows: movedTo(3, rows), rowBase: 0, blocks })
      expect(Buffer.compare(blocks, expected), combination.join()).toBe(0)
    }
  })

  it('has nothing to say of no rows', () => {
    expect(encoded(plainSpace('dot', 64), new Uint8Array(0)).length).toBe(0)
  })

  it('gives a row that is the mean a factor and an error of 0', () => {
    const mean = Float32Array.from({ length: 70 }, (_, i) => i / 7)
    const space = spaceOf(['float32', 'l2'], 70, 1, mean)
    const [lane] = lanesOf(encoded(space, bytesOf(mean)), 128)
    expect(lane).toMatchObject({ factor: -0, offset: 0, error: 0, row: 0 })
  })

  it('takes a row of zeros under cosine as what it is: a row without direction', () => {
    const space = spaceOf(['float32', 'cosine'], 64)
    for (const zero of [0, -0]) {
      const [lane] = lanesOf(encoded(space, bytesOf(new Float32Array(64).fill(zero))), 64)
      expect(lane).toEqual({ ...naiveCode(space, new Uint8Array(256)), row: 0 })
      expect(lane!.offset).toBe(-0)
      expect(lane!.factor).toBeLessThan(0)
    }
  })

  it('encodes rows of one dimension', () => {
    const space = spaceOf(['float32', 'dot'], 1)
    const row = bytesOf(Float32Array.of(3))
    const [lane] = lanesOf(encoded(space, row), 64)
    expect(lane).toEqual({ ...naiveCode(space, row), row: 0 })
    expect(lane!.offset).toBe(-Math.fround(3 * space.mean[0]!))
  })

  it('encodes the largest rows', () => {
    const space = spaceOf(['complex64', 'cosine'], 4096)
    const row = rowsOf(space, 1, 8)
    const [lane] = lanesOf(encoded(space, row), 8192)
    expect(lane).toEqual({ ...naiveCode(space, row), row: 0 })
  })

  it('gives rows that differ by a power of two the same code under cosine', () => {
    const space = spaceOf(['float32', 'cosine'], 96)
    const row = new Float32Array(rowsOf(space, 1, 4).buffer)
    const expected = encoded(space, bytesOf(row))
    for (const exponent of [-100, -50, -31, -29, -1, 1, 30, 49, 52, 100]) {
      const scaled = row.map((x) => x * 2 ** exponent)
      expect(encoded(space, bytesOf(scaled)), `2^${exponent}`).toEqual(expected)
    }
    const wide = spaceOf(['float64', 'cosine'], 96)
    const wideRow = Float64Array.from(row)
    const wideExpected = encoded(wide, bytesOf(wideRow))
    for (const exponent of [-900, -300, 1, 300, 900]) {
      const scaled = wideRow.map((x) => x * 2 ** exponent)
      expect(encoded(wide, bytesOf(scaled)), `2^${exponent}`).toEqual(wideExpected)
    }
  })

  it('loses no direction under cosine, from the smallest subnormal to the largest double', () => {
    const space = spaceOf(['float64', 'cosine'], 3)
    for (const scale of [5e-324, 1e-310, 1e-30, 1, 1e30, 2 ** 1021]) {
      const row = bytesOf(Float64Array.of(3 * scale, -2 * scale, scale))
      const [lane] = lanesOf(encoded(space, row), 64)
      expect(lane).toEqual({ ...naiveCode(space, row), row: 0 })
      const [plain] = lanesOf(encoded(space, bytesOf(Float64Array.of(3, -2, 1))), 64)
      expect(lane!.factor).toBeCloseTo(plain!.factor, 5)
    }
  })

  it('keeps precision where all rows of a wide dtype share a large offset', () => {
    const dimension = 64
    const mean = new Float32Array(dimension).fill(2 ** 40)
    const space = spaceOf(['float64', 'l2'], dimension, 1, mean)
    const [lane] = lanesOf(
      encoded(space, bytesOf(new Float64Array(dimension).fill(2 ** 40 + 0.125))),
      dimension,
    )
    expect(lane!.offset).toBe(1)
  })

  it('always looks at a row whose numbers leave float32, and gives it no code', () => {
    const always = { code: new Array(8).fill(0), factor: 0, offset: 0, row: 0 }
    const huge = bytesOf(new Float32Array(64).fill(3e38))
    const lost = { ...always, error: Number.POSITIVE_INFINITY }
    for (const metric of ['dot', 'l2'] as const) {
      expect(lanesOf(encoded(plainSpace(metric, 64), huge), 64)[0]).toEqual(lost)
    }
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const metric of ['cosine', 'dot', 'l2'] as const) {
        const row = bytesOf(new Float32Array(64).fill(1).fill(bad, 9, 10))
        expect(lanesOf(encoded(plainSpace(metric, 64), row), 64)[0]).toEqual(lost)
        const wide = spaceOf(['float64', metric], 64)
        const wideRow = bytesOf(new Float64Array(64).fill(1).fill(bad, 9, 10))
        expect(lanesOf(encoded(wide, wideRow), 64)[0]).toEqual(lost)
      }
    }
  })
})
