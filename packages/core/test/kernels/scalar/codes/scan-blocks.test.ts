import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { movedTo, seededBytes } from '../../../../src/conformance/kernel-provider-data.js'
import type { CodeBound, CodeScan, Survivors } from '../../../../src/contract/code-kernels.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import { codeSum, encoded, lanesOf, plainSpace, rowsOf } from './code-data.js'

const f = Math.fround
const KEEP_ALL: CodeBound = { scale: 1, bias: 0, weight: 1, threshold: Number.POSITIVE_INFINITY }

/** Real blocks of `rowCount` rows numbered from 500 on, and tables of a real query. */
function seededScan(rowCount: number, seed: number, dimension = 100): CodeScan {
  const space = plainSpace('l2', dimension)
  const blocks = encoded(space, rowsOf(space, rowCount, seed), 500)
  const tables = new Uint8Array(2 * space.signs.length)
  scalarKernels.buildTables(space, rowsOf(space, 1, ~seed), tables)
  const to = Math.ceil(rowCount / 32)
  return { codeDimension: space.signs.length / 2, tables, blocks, from: 0, to }
}

function roomFor(count: number): Survivors {
  return { rows: new Uint32Array(count), bounds: new Float32Array(count), count: 0 }
}

/** The lower bound, from its definition. */
function lowerBounds({ tables, blocks, codeDimension }: CodeScan, bound: CodeBound): number[] {
  return lanesOf(blocks, codeDimension).map(({ code, factor, offset, error }) => {
    const S = f(f(codeSum(tables, code) * f(bound.scale)) + f(bound.bias))
    return f(f(f(factor * S) + offset) - f(f(bound.weight) * error))
  })
}

describe('scanSums', () => {
  it('adds the entries that codes name, whatever they are', () => {
    fc.assert(
      fc.property(fc.constantFrom(64, 128, 384, 4160), fc.nat(), (codeDimension, seed) => {
        const blocks = movedTo(seed % 5, seededBytes(3 * (4 * codeDimension + 512), seed))
        const levels = codeDimension > 4096 ? 31 : 63
        const tables = seededBytes(4 * codeDimension, ~seed).map((byte) => byte % (levels + 1))
        const out = new Uint16Array(70).fill(9)
        scalarKernels.scanSums({ codeDimension, tables, blocks, from: 1, to: 3 }, out)
        const lanes = lanesOf(blocks, codeDimension).slice(32)
        expect([...out.subarray(0, 64)]).toEqual(lanes.map((lane) => codeSum(tables, lane.code)))
        expect([...out.subarray(64)]).toEqual([9, 9, 9, 9, 9, 9])
      }),
      { numRuns: 30 },
    )
  })

  it('reaches the largest sum without wrapping', () => {
    for (const [codeDimension, levels] of [
      [4096, 63],
      [8192, 31],
    ] as const) {
      const blocks = new Uint8Array(4 * codeDimension + 512).fill(0xff)
      const tables = new Uint8Array(4 * codeDimension).fill(levels)
      const out = new Uint16Array(32)
      scalarKernels.scanSums({ codeDimension, tables, blocks, from: 0, to: 1 }, out)
      expect(out).toEqual(new Uint16Array(32).fill((codeDimension / 4) * levels))
    }
  })
})

describe('scanBlocks', () => {
  it('keeps the rows whose lower bound is not above the threshold, in order of lanes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(), (rowCount, seed) => {
        const scan = seededScan(rowCount, seed)
        const bound = { scale: 0.01 + (seed % 7) / 100, bias: -8.3, weight: 1.7, threshold: 0 }
        const lower = lowerBounds(scan, bound).slice(0, rowCount)
        const threshold = [...lower].sort((a, b) => a - b)[seed % rowCount]!
        const survivors = roomFor(128)
        expect(scalarKernels.scanBlocks(scan, { ...bound, threshold }, survivors)).toBe(scan.to)
        const rows = [...lower.keys()].filter((row) => lower[row]! <= threshold)
        expect([...survivors.rows.subarray(0, survivors.count)]).toEqual(rows.map((i) => i + 500))
        expect([...survivors.bounds.subarray(0, survivors.count)]).toEqual(
          rows.map((i) => lower[i]),
        )
      }),
    )
  })

  it('keeps a row that lies exactly on the threshold, and no row above it', () => {
    const scan = seededScan(32, 5)
    const lower = lowerBounds(scan, KEEP_ALL)
    const threshold = Math.min(...lower)
    const survivors = roomFor(32)
    scalarKernels.scanBlocks(scan, { ...KEEP_ALL, threshold }, survivors)
    expect(survivors.count).toBe(1)
    expect(survivors.rows[0]).toBe(500 + lower.indexOf(threshold))
  })

  it('rounds a threshold up: what the number would keep is kept', () => {
    const scan = seededScan(32, 6)
    const { blocks, codeDimension } = scan
    const view = new DataView(blocks.buffer, 4 * codeDimension)
    const kept = (lower: number, threshold: number): boolean => {
      view.setFloat32(0, 0, true)
      view.setFloat32(128, lower, true)
      view.setFloat32(256, 0, true)
      const survivors = roomFor(32)
      scalarKernels.scanBlocks(scan, { ...KEEP_ALL, threshold }, survivors)
      return survivors.rows.indexOf(500) === 0 && survivors.bounds[0] === lower
    }
    const max = (2 - 2 ** -23) * 2 ** 127
    for (const lower of [0, 2 ** -149, -(2 ** -149), 0.1, -0.1, 1, -1, 1e30, -1e30, max, -max]) {
      const value = f(lower)
      const above = value + Math.max(Math.abs(value) * 2 ** -50, 5e-324)
      const below = value - Math.max(Math.abs(value) * 2 ** -23, 2 ** -148)
      expect(kept(value, value), `${value}`).toBe(true)
      expect(kept(value, above), `${value} under ${above}`).toBe(true)
      expect(kept(value, below), `${value} over ${below}`).toBe(below < -max)
    }
    expect(kept(max, 1e300)).toBe(true)
    expect(kept(-max, -1e300)).toBe(true)
    expect(kept(-max, Number.NEGATIVE_INFINITY)).toBe(false)
    expect(kept(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(true)
    expect(kept(Number.POSITIVE_INFINITY, 1e300)).toBe(true)
    expect(kept(Number.POSITIVE_INFINITY, max)).toBe(false)
    expect(kept(Number.POSITIVE_INFINITY, Number.NaN)).toBe(true)
  })

  it('never keeps a lane without a row, and every row where the threshold is NaN', () => {
    for (const threshold of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const survivors = roomFor(64)
      scalarKernels.scanBlocks(seededScan(33, 2), { ...KEEP_ALL, threshold }, survivors)
      const rows = Array.from({ length: 33 }, (_, row) => 500 + row)
      expect([...survivors.rows.subarray(0, survivors.count)]).toEqual(rows)
    }
  })

  it('keeps the rows that are always looked at, whatever the threshold and the weight', () => {
    const scan = seededScan(32, 3)
    const columns = new DataView(scan.blocks.buffer, 4 * scan.codeDimension)
    columns.setFloat32(4 * 9, 0, true)
    columns.setFloat32(128 + 4 * 9, 0, true)
    columns.setFloat32(256 + 4 * 9, Number.POSITIVE_INFINITY, true)
    for (const weight of [0, 1, Number.POSITIVE_INFINITY]) {
      const survivors = roomFor(32)
      const bound = { ...KEEP_ALL, weight, threshold: Number.NEGATIVE_INFINITY }
      scalarKernels.scanBlocks(scan, bound, survivors)
      expect(survivors.rows.subarray(0, survivors.count)).toContain(509)
    }
  })

  it('looks at every row for a query with an infinite norm', () => {
    const scan = { ...seededScan(64, 4), tables: new Uint8Array(512) }
    const survivors = roomFor(64)
    const bound = { scale: 0, bias: 0, weight: Number.POSITIVE_INFINITY, threshold: -1e30 }
    expect(scalarKernels.scanBlocks(scan, bound, survivors)).toBe(2)
    expect(survivors.count).toBe(64)
  })

  it('stops before a block for whose rows there is no room, and goes on where it stopped', () => {
    const scan = seededScan(100, 8)
    const whole = roomFor(128)
    scalarKernels.scanBlocks(scan, KEEP_ALL, whole)
    expect(whole.count).toBe(100)
    const rows: number[] = []
    const survivors = roomFor(70)
    for (let from = 0; from < scan.to; ) {
      survivors.count = 3
      const next = scalarKernels.scanBlocks({ ...scan, from }, KEEP_ALL, survivors)
      expect(next).toBe(Math.min(from + 2, scan.to))
      rows.push(...survivors.rows.subarray(3, survivors.count))
      from = next
    }
    expect(rows).toEqual([...whole.rows.subarray(0, 100)])
    survivors.count = 39
    expect(scalarKernels.scanBlocks(scan, KEEP_ALL, survivors)).toBe(0)
    expect(survivors.count).toBe(39)
  })

  it('does not care where blocks lie', () => {
    const scan = seededScan(40, 9)
    const bound = { scale: 0.02, bias: -4, weight: 0.5, threshold: 30 }
    const [aligned, moved] = [roomFor(64), roomFor(64)]
    scalarKernels.scanBlocks(scan, bound, aligned)
    scalarKernels.scanBlocks({ ...scan, blocks: movedTo(1, scan.blocks) }, bound, moved)
    expect(aligned.count).toBeGreaterThan(0)
    expect(moved).toEqual(aligned)
  })
})

describe('packBlock', () => {
  it('puts byte p of code j at 32 p + j, and leaves the rest of the block alone', () => {
    for (const codeBytes of [8, 48, 1024]) {
      const codes = seededBytes(32 * codeBytes, codeBytes)
      const block = new Uint8Array(32 * codeBytes + 512).fill(7)
      scalarKernels.packBlock(codes, block)
      for (let lane = 0; lane < 32; lane++) {
        const code = Array.from({ length: codeBytes }, (_, p) => block[32 * p + lane]!)
        expect(code).toEqual([...codes.subarray(lane * codeBytes, (lane + 1) * codeBytes)])
      }
      expect(block.subarray(32 * codeBytes)).toEqual(new Uint8Array(512).fill(7))
    }
  })
})
