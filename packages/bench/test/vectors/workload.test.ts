import type { VectorId } from '@sluice/core'
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

  it.each(['u64', 'string'] as const)('lets %s ids come around again', (ids) => {
    const workload = new Workload({ ...SHAPE, ids, idCount: 4 }, 0)
    const given = workload.batches.flatMap((batch) => [...(batch.ids ?? [])]) as VectorId[]
    expect(new Set(given).size).toBe(4)
    expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((row) => workload.idOf(row)))
    // The last row of each id is the one that is alive.
    expect(given.slice(0, 4).map((id) => workload.rowOf(id))).toEqual([8, 9, 6, 7])
    expect(workload.rowOf(ids === 'u64' ? 5n : 'row-4')).toBeNaN()
  })

  it('has the bytes of each row of the stream', () => {
    const workload = new Workload(SHAPE, 0, 6 * 16)
    const stream = workload.batches.flatMap(({ vectors }) => [...(vectors as Float32Array)])
    for (let row = 0; row < 10; row++) {
      const bytes = workload.bytesOf(row)
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, 4)
      expect([...values]).toEqual(stream.slice(row * 4, row * 4 + 4))
    }
  })

  it('gives every row small metadata where that is asked for', () => {
    const { batches } = new Workload({ ...SHAPE, metadata: 'small' }, 0)
    const given = batches.flatMap(({ metadata }) => [...(metadata ?? [])])
    expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ lang: 'en', n })))
    expect(new Workload(SHAPE, 0).batches.every(({ metadata }) => metadata === undefined)).toBe(
      true,
    )
  })

  it('leaves assigned ids out, and knows that they count from 1', () => {
    const workload = new Workload(SHAPE, 0)
    expect(workload.batches.every(({ ids }) => ids === undefined)).toBe(true)
    expect(workload.rowOf(1n)).toBe(0)
  })
})
