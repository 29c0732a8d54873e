import { DTYPES } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { decodeRow, valuesPerRow } from '../../src/vectors/decode.js'
import { GroundTruth } from '../../src/vectors/recall.js'
import { Workload } from '../../src/vectors/workload.js'

function build(dtype: (typeof DTYPES)[number], ringBytes?: number): Workload {
  const shape = { dtype, dimension: 24, rowCount: 60, batchRows: 10, seed: 4 } as const
  return new Workload({ ...shape, ids: 'assigned' }, 2, ringBytes)
}

/** Rows by similarity to query 0, computed the long way. */
function ranking(workload: Workload): number[] {
  const { dtype } = workload.shape
  const { stride, queries, ring, ringRows } = workload
  const decode = (row: Uint8Array): number[] => {
    const values = new Float64Array(valuesPerRow(dtype, stride))
    decodeRow(dtype, row, values)
    return [...values]
  }
  const query = decode(queries.subarray(0, stride))
  const distances = Array.from({ length: workload.shape.rowCount }, (_, row) => {
    const offset = (row % ringRows) * stride
    const values = decode(ring.subarray(offset, offset + stride))
    if (dtype === 'bit') return values.filter((value, i) => value !== query[i]).length
    const dot = values.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0)
    return 1 - dot / Math.hypot(...values) / Math.hypot(...query)
  })
  return distances.map((_, row) => row).sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0))
}

describe('GroundTruth', () => {
  it.each(DTYPES)('gives the true neighbours of %s a recall of 1', (dtype) => {
    const workload = build(dtype)
    const truth = new GroundTruth(workload, 5)
    const ids = ranking(workload).map((row) => BigInt(row + 1))
    expect(truth.recallOf(0, ids.slice(0, 5))).toBe(1)
    expect(truth.recallOf(0, ids.slice(0, 4))).toBe(0.8)
    expect(truth.recallOf(0, ids.slice(-5))).toBe(0)
  })

  it('does not count the row after the k-th', () => {
    const workload = build('float32')
    const ids = ranking(workload).map((row) => BigInt(row + 1))
    expect(new GroundTruth(workload, 5).recallOf(0, ids.slice(1, 6))).toBe(0.8)
  })

  it('counts recurring rows as often as they recur, and no row twice', () => {
    const workload = build('float32', 20 * 24 * 4)
    expect(workload.ringRows).toBe(20)
    const truth = new GroundTruth(workload, 6)
    const [best = 0, , , second = 0, , , third = 0] = ranking(workload)
    const copies = [0, 20, 40]
    const idsOf = (row: number): bigint[] => copies.map((copy) => BigInt((row % 20) + copy + 1))
    expect(truth.recallOf(0, [...idsOf(best), ...idsOf(second)])).toBe(1)
    expect(truth.recallOf(0, idsOf(third))).toBe(0)
    const [once = 0n] = idsOf(best)
    expect(truth.recallOf(0, [once, once, once])).toBeCloseTo(1 / 6)
  })

  it('knows only the rows that are alive at the end', () => {
    const shape = { dtype: 'float32', dimension: 24, rowCount: 60, batchRows: 10, seed: 4 } as const
    const workload = new Workload({ ...shape, ids: 'u64', idCount: 25 }, 2, 20 * 24 * 4)
    const alive = ranking(workload).filter((row) => row >= 35)
    const truth = new GroundTruth(workload, 6)
    const ids = alive.map((row) => workload.idOf(row))
    expect(truth.recallOf(0, ids.slice(0, 6))).toBe(1)
    expect(truth.recallOf(0, ids.slice(-6))).toBe(0)
    expect(new GroundTruth(workload, 1000).k).toBe(25)
  })

  it('does not count ids that name no row', () => {
    const truth = new GroundTruth(build('float32'), 5)
    expect(truth.recallOf(0, [0n, 61n, 2n ** 63n])).toBe(0)
  })

  it('asks for no more neighbours than there are rows', () => {
    expect(new GroundTruth(build('int8'), 1000).k).toBe(60)
  })
})
