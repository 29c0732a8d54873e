import { describe, expect, it } from 'vitest'
import { Workload, type WorkloadShape } from '../../src/vectors/workload.js'

const SHAPE: WorkloadShape = {
  dtype: 'float32',
  dimension: 4,
  rowCount: 10,
  batchRows: 3,
  ids: 'assigned',
  seed: 1,
}

describe('Workload', () => {
  it('cuts the stream into batches, the last one smaller', () => {
    const { batches, byteLength } = new Workload(SHAPE, 0)
    expect(batches.map(({ vectors }) => vectors.length / 4)).toEqual([3, 3, 3, 1])
    expect(byteLength).toBe(10 * 16)
  })

  it('goes around the ring when the stream is longer', () => {
    const workload = new Workload(SHAPE, 0, 6 * 16)
    expect(workload.ringRows).toBe(6)
    const [first, second, third, fourth] = workload.batches
    expect(first?.vectors).not.toEqual(second?.vectors)
    expect(third?.vectors).toEqual(first?.vectors)
    expect(fourth?.vectors).toEqual(second?.vectors.slice(0, 4))
  })

  it.each(['u64', 'string'] as const)('gives every row an %s id that leads back to it', (ids) => {
    const workload = new Workload({ ...SHAPE, ids }, 0)
    const given = workload.batches.flatMap((batch) => [...(batch.ids ?? [])])
    const rows = given.map((id) => workload.rowOf(id as bigint | string))
    expect(rows).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('leaves assigned ids out, and knows that they count from 1', () => {
    const workload = new Workload(SHAPE, 0)
    expect(workload.batches.every(({ ids }) => ids === undefined)).toBe(true)
    expect(workload.rowOf(1n)).toBe(0)
  })
})
