import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { strideOf } from '../../../src/dtype.js'
import { assignAll } from '../../../src/index/cluster/assign-all.js'
import { type AssignWork, finishBatch, takeBatch } from '../../../src/index/cluster/assign-work.js'
import type { Assistants } from '../../../src/index/cluster/cluster-input.js'
import { createClusterJob } from '../../../src/index/cluster/cluster-job.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import { BATCH_ROWS, RowGatherer } from '../../../src/index/cluster/row-gatherer.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { bytesOfLists, hostOf, inputOf, type Rows, segmented, someRows } from './cluster-fixture.js'

const ROW_COUNT = 5 * BATCH_ROWS + 40
const rows = someRows(ROW_COUNT)
const lists = await clusterRows(scalarKernels, inputOf(rows), hostOf())

function workOf(): AssignWork {
  const { space, centroids, centroidBlocks: blocks, listsPerRow } = lists
  const task = { space, centroids, blocks, candidatesMax: 12, margin: 0.05, listsPerRow }
  const numbers = Uint32Array.from({ length: ROW_COUNT }, (_, row) => row)
  return { task, rows: numbers, lists: new Uint32Array(ROW_COUNT * listsPerRow) }
}

/** Takes so many batches at once, and finishes those that are named, the last taken first. */
function helper({ shape }: Rows, taken: number, finished: readonly number[]): Assistants {
  return {
    async help(work) {
      const own = Array.from({ length: taken }, () => takeBatch(work)).reverse()
      const gatherer = new RowGatherer(segmented(rows), strideOf(shape.dtype, shape.dimension))
      for (const batch of own) {
        if (batch === undefined || !finished.includes(batch)) continue
        finishBatch(scalarKernels, gatherer, work, batch)
        await Promise.resolve()
      }
    },
  }
}

describe('assignAll', () => {
  it('finds the same lists and visits rows in order whatever assistants do or leave', async () => {
    const right = workOf()
    await assignAll(
      createClusterJob(scalarKernels, inputOf(rows), hostOf()),
      right,
      () => undefined,
    )
    const anyHelp = fc.tuple(fc.nat({ max: 8 }), fc.uniqueArray(fc.nat({ max: 5 })))
    const check = async ([taken, finished]: [number, number[]]): Promise<void> => {
      const host = { ...hostOf(), assistants: helper(rows, taken, finished) }
      const work = workOf()
      const seen: number[] = []
      const packed: Uint8Array[] = []
      await assignAll(
        createClusterJob(scalarKernels, inputOf(rows), host),
        work,
        (bytes, range) => {
          seen.push(...work.rows.subarray(range.from, range.to))
          packed.push(bytes.slice())
          const { listsPerRow } = lists
          const at = [range.from * listsPerRow, range.to * listsPerRow] as const
          expect(work.lists.subarray(...at)).toEqual(right.lists.subarray(...at))
        },
      )
      expect(seen).toEqual([...work.rows])
      expect(Buffer.compare(Buffer.concat(packed), rows.packed)).toBe(0)
    }
    await fc.assert(fc.asyncProperty(anyHelp, check), { numRuns: 30 })
  })

  it('lets the host give up, and counts the rows that assistants did', async () => {
    const done: number[] = []
    const host = hostOf(async ({ rowsDone }) => {
      done.push(rowsDone)
    })
    const job = createClusterJob(scalarKernels, inputOf(rows), {
      ...host,
      assistants: helper(rows, 3, [0, 1, 2]),
    })
    job.steps.begin('assign', ROW_COUNT)
    await assignAll(job, workOf(), () => undefined)
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(done.at(-1)).toBe(ROW_COUNT)
    const stop = new Error('enough')
    const failing = { ...hostOf(() => Promise.reject(stop)), assistants: helper(rows, 1, [0]) }
    const stopped = createClusterJob(scalarKernels, inputOf(rows), failing)
    await expect(assignAll(stopped, workOf(), () => undefined)).rejects.toBe(stop)
  })

  it('is not done before its assistants', async () => {
    let isOver = false
    const help = async (): Promise<void> => {
      await new Promise(setImmediate)
      isOver = true
    }
    const host = { ...hostOf(), assistants: { help } }
    const job = createClusterJob(scalarKernels, inputOf(rows), host)
    await assignAll(job, workOf(), () => undefined)
    expect(isOver).toBe(true)
  })

  it('makes the same lists of all rows with assistants', async () => {
    const host = { ...hostOf(), assistants: helper(rows, 4, [0, 2, 3]) }
    const made = await clusterRows(scalarKernels, inputOf(rows), host)
    expect(Buffer.compare(bytesOfLists(made), bytesOfLists(lists))).toBe(0)
  })
})
