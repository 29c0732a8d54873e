import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Dtype } from '../../../src/dtype.js'
import type { ClusterProgress } from '../../../src/index/cluster/cluster-input.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import type { RowLists } from '../../../src/index/row-lists.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../../src/metric.js'
import {
  makeRows,
  Numbers,
  VECTOR_SETS,
  type VectorSet,
  vectorsOf,
} from '../../search/vector-sets.js'
import { isNative, kernels } from '../../support/selected-kernels.js'
import {
  aliveRows,
  anyRows,
  assigned,
  bytesOfLists,
  deadMask,
  expectLists,
  hostOf,
  inputOf,
  type Rows,
  readLists,
  rowCountOf,
  segmented,
} from './cluster-fixture.js'

/** Rows of a set of vectors. */
function rowsOf(set: VectorSet, rowCount: number, dimension = 16, metric: Metric = 'l2'): Rows {
  const values = makeRows(VECTOR_SETS[set](), {
    rowCount,
    width: dimension,
    numbers: new Numbers(3),
  })
  const data = vectorsOf('float32', values)
  const dtype: Dtype = 'float32'
  const packed = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { shape: { metric, dtype, dimension }, packed, rowsPerSegment: 500 }
}

function cluster(rows: Rows, listsPerRow: 1 | 2 = 2): Promise<RowLists> {
  return clusterRows(scalarKernels, inputOf(rows, { listsPerRow }), hostOf())
}

/** The mean squared distance of rows from the centroid of their first list. */
function distortion(rows: Rows, lists: RowLists): number {
  const { dimension } = rows.shape
  const values = new Float32Array(rows.packed.buffer)
  let sum = 0
  readLists(lists).forEach(({ rows: members }, list) => {
    for (const row of members) {
      for (let i = 0; i < dimension; i++) {
        sum += (values[row * dimension + i]! - lists.centroids[list * dimension + i]!) ** 2
      }
    }
  })
  return sum / rowCountOf(rows)
}

describe('clusterRows, anew', () => {
  it('puts rows of any type into the lists that assign names, as encode encodes them', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.constantFrom(1, 2), async (rows, listsPerRow) => {
        const lists = await cluster(rows, listsPerRow)
        const alive = aliveRows(rows, rowCountOf(rows))
        expect(lists.rowCount).toBe(rowCountOf(rows))
        expect(lists.clusteredRows).toBe(rowCountOf(rows))
        expectLists(rows, lists, assigned(rows, lists, alive))
        const entries = readLists(lists).map((list) => list.rows)
        for (const row of alive) {
          const places = entries.filter((list) => list.includes(row)).length
          expect(places).toBe(Math.min(listsPerRow, entries.length))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('makes a list for every 128 rows or so, around rows that are near each other', async () => {
    const rows = rowsOf('clustered', 8000)
    const lists = await cluster(rows, 1)
    const listCount = lists.extents.length / 3
    expect(listCount).toBeGreaterThan(55)
    expect(listCount).toBeLessThanOrEqual(63)
    // 20 clusters of 0.3 in each of 16 dimensions; what they have in common is far larger.
    expect(distortion(rows, lists)).toBeLessThan(1.5 * 16 * 0.09)
  })

  it('centres codes on the mean of all rows, not of the first', async () => {
    const rows = rowsOf('gaussian', 2000)
    const values = new Float32Array(rows.packed.buffer)
    for (let i = values.length / 2; i < values.length; i++) values[i]! += 10
    const { space } = await cluster(rows)
    for (const value of space.mean) expect(Math.abs(value - 5)).toBeLessThan(0.7)
  })

  it('ends with one list where all rows are equal', async () => {
    const rows = rowsOf('equal', 1000)
    const lists = await cluster(rows)
    expectLists(rows, lists, [aliveRows(rows, 1000)])
    expect([...lists.centroids]).toEqual(Array.from({ length: 16 }, () => 3))
  })

  it('spends the lists that equal rows leave empty on the other half of the rows', async () => {
    const rows = rowsOf('mostly zero', 3000)
    const lists = await cluster(rows, 1)
    const members = readLists(lists).map((list) => list.rows.length)
    expectLists(rows, lists, assigned(rows, lists, aliveRows(rows, 3000)))
    expect(Math.max(...members)).toBeGreaterThan(1400)
    expect(members.length).toBeGreaterThan(18)
    expect(members.filter((length) => length > 0).length).toBeGreaterThan(17)
  })

  it('takes zero rows, one-hot rows and rows of any length under cosine', async () => {
    for (const set of ['mostly zero', 'one-hot', 'scaled', 'duplicates'] as const) {
      const rows = rowsOf(set, 400, 16, 'cosine')
      const lists = await cluster(rows)
      expectLists(rows, lists, assigned(rows, lists, aliveRows(rows, 400)))
      for (const value of lists.centroids) expect(Math.abs(value)).toBeLessThanOrEqual(1)
    }
  })

  it('takes numbers that float32 cannot hold', async () => {
    const values = Float64Array.from({ length: 200 * 4 }, (_, i) => (i % 7) * 1e300)
    const packed = new Uint8Array(values.buffer)
    const shape = { metric: 'l2', dtype: 'float64', dimension: 4 } as const
    const rows = { shape, packed, rowsPerSegment: 64 }
    const lists = await cluster(rows)
    expectLists(rows, lists, assigned(rows, lists, aliveRows(rows, 200)))
  })

  it('makes one list around zero of no rows at all', async () => {
    const rows = { ...rowsOf('gaussian', 100), mask: new Uint32Array(4) }
    const lists = await cluster(rows)
    expect(lists.chunks).toEqual([])
    expect([...lists.extents]).toEqual([0, 0, 0])
    expect([...lists.centroids]).toEqual(Array.from({ length: 16 }, () => 0))
  })

  it('leaves out rows of freed segments, and rows that a short mask does not name', async () => {
    const mask = new Uint32Array(50).fill(-1)
    for (const freed of [[1], [0], [0, 2], [0, 1]]) {
      const rows = { ...rowsOf('gaussian', 1700), freed, mask }
      const lists = await cluster(rows, 1)
      const found = readLists(lists).flatMap((list) => list.rows)
      found.sort((a, b) => a - b)
      const kept = (row: number): boolean => row < 1600 && !freed.includes(Math.floor(row / 500))
      expect(found).toEqual(Array.from({ length: 1700 }, (_, row) => row).filter(kept))
    }
  })

  it('gives the same bytes however it is cut, and other lists for another seed', async () => {
    const rows = { ...rowsOf('clustered', 1500), mask: deadMask(1500, 0.2, 5) }
    const first = await cluster(rows)
    const slow = hostOf(async () => {
      const end = performance.now() + 0.05
      while (performance.now() < end) Math.sqrt(end)
    })
    const second = await clusterRows(scalarKernels, inputOf(rows), slow)
    expect(Buffer.compare(bytesOfLists(first), bytesOfLists(second))).toBe(0)
    const other = await clusterRows(scalarKernels, inputOf(rows, { seed: 2 }), hostOf())
    expect(Buffer.compare(bytesOfLists(first), bytesOfLists(other))).not.toBe(0)
  })

  it.skipIf(!isNative)('gives the same bytes on native kernels', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        const native = await clusterRows(kernels, inputOf(rows), hostOf())
        expect(Buffer.compare(bytesOfLists(native), bytesOfLists(await cluster(rows)))).toBe(0)
      }),
      { numRuns: 60 },
    )
    const rows = { ...rowsOf('clustered', 4000, 100), mask: deadMask(4000, 0.1, 6) }
    const native = await clusterRows(kernels, inputOf(rows), hostOf())
    expect(Buffer.compare(bytesOfLists(native), bytesOfLists(await cluster(rows)))).toBe(0)
  })
})

describe('clusterRows, extending', () => {
  it('keeps whole blocks and rows that are alive, and adds the new rows behind', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.double({ min: 0, max: 1, noNaN: true }), async (rows, share) => {
        const before = Math.floor(share * rowCountOf(rows))
        const all = { ...rows, mask: undefined, freed: [] }
        const old = inputOf(all, { rows: segmented(all, before) })
        const from = await clusterRows(scalarKernels, old, hostOf())
        const bytesBefore = bytesOfLists(from)
        const lists = await clusterRows(scalarKernels, inputOf(rows, { from }), hostOf())
        expect(Buffer.compare(bytesOfLists(from), bytesBefore)).toBe(0)
        const added = aliveRows(rows, rowCountOf(rows)).filter((row) => row >= before)
        const news = assigned(rows, from, added)
        const alive = new Set(aliveRows(rows, before))
        const members = readLists(from).map(({ rows: old }, i) => {
          const whole = old.length - (old.length % 32)
          const rest = old.slice(whole).filter((row) => alive.has(row))
          return [...old.slice(0, whole), ...rest, ...news[i]!]
        })
        expectLists(rows, lists, members)
        expect(lists.rowCount).toBe(rowCountOf(rows))
        expect(lists.clusteredRows).toBe(before)
        expect(lists.space).toBe(from.space)
        expect(lists.centroids).toEqual(from.centroids)
        expect(lists.centroids.buffer).not.toBe(from.centroids.buffer)
      }),
      { numRuns: 60 },
    )
  })

  it('copies lists of many blocks', async () => {
    const rows = rowsOf('equal', 5000)
    const from = await clusterRows(
      scalarKernels,
      inputOf(rows, { rows: segmented(rows, 4321) }),
      hostOf(),
    )
    const lists = await clusterRows(scalarKernels, inputOf(rows, { from }), hostOf())
    expectLists(rows, lists, [aliveRows(rows, 5000)])
  })

  it('refuses to make lists shorter, or to change how many lists a row has', async () => {
    const rows = rowsOf('gaussian', 200)
    const from = await cluster(rows)
    const fewer = inputOf(rows, { from, rows: segmented(rows, 199) })
    await expect(clusterRows(scalarKernels, fewer, hostOf())).rejects.toMatchObject({
      code: 'SLUICE_INTERNAL',
    })
    const single = inputOf(rows, { from, listsPerRow: 1 })
    await expect(clusterRows(scalarKernels, single, hostOf())).rejects.toMatchObject({
      code: 'SLUICE_INTERNAL',
    })
  })
})

describe('the host of a clustering', () => {
  it('sees every stage in its order, from no rows to all of them', async () => {
    const seen: ClusterProgress[] = []
    const host = hostOf(async (progress) => {
      seen.push(progress)
    })
    await clusterRows(scalarKernels, inputOf(rowsOf('gaussian', 700)), host)
    const stages = seen.map((progress) => progress.stage)
    expect([...new Set(stages)]).toEqual(['sample', 'train', 'assign', 'write'])
    seen.slice(1).forEach((progress, i) => {
      const before = seen[i]!
      expect(progress.rowsDone).toBeLessThanOrEqual(progress.rowsTotal)
      if (progress.stage !== before.stage) expect(before.rowsDone).toBe(before.rowsTotal)
      else if (progress.rowsTotal === before.rowsTotal) {
        expect(progress.rowsDone).toBeGreaterThanOrEqual(before.rowsDone)
      }
    })
    // Each row is written to two lists.
    expect(seen.at(-1)).toEqual({ stage: 'write', rowsDone: 1400, rowsTotal: 1400 })
  })

  it('ends it by throwing at any step, and is asked nothing afterwards', async () => {
    const rows = rowsOf('gaussian', 700)
    const from = await clusterRows(
      scalarKernels,
      inputOf(rows, { rows: segmented(rows, 300) }),
      hostOf(),
    )
    for (const input of [inputOf(rows), inputOf(rows, { from })]) {
      let isOver = false
      for (let limit = 0; !isOver; limit += 7) {
        let steps = 0
        const host = hostOf(async () => {
          steps++
          if (steps > limit) throw new Error('enough')
        })
        const outcome = await clusterRows(scalarKernels, input, host).catch(String)
        isOver = typeof outcome !== 'string'
        if (!isOver) expect([outcome, steps]).toEqual(['Error: enough', limit + 1])
      }
    }
  })

  it('ends it by refusing memory', async () => {
    const input = inputOf(rowsOf('gaussian', 700))
    for (let given = 0; given < 3; given++) {
      let left = given
      const allocate = async (byteLength: number): Promise<Uint8Array> => {
        if (left-- === 0) throw new Error('no memory')
        return new Uint8Array(byteLength)
      }
      const host = { ...hostOf(), allocate }
      await expect(clusterRows(scalarKernels, input, host)).rejects.toThrow('no memory')
    }
  })
})
