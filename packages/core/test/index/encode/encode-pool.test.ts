import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { EncodeTask } from '../../../src/contract/index.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { kernels } from '../../support/selected-kernels.js'
import { taskOf, watchedPool } from './encode-fixture.js'

/** What the blocks of a task must be. */
function codesOf(task: EncodeTask): Uint8Array {
  const blocks = new Uint8Array(task.blocks.byteLength)
  scalarKernels.encode({ ...task, blocks })
  return blocks
}

describe('an EncodePool', () => {
  it('makes the codes that the kernels make here, on as many threads as there may be', async () => {
    const { pool, workers } = watchedPool()
    expect(pool.stats()).toEqual({ threadsMax: 2, threads: 0, inlineReason: undefined })
    const tasks = [32, 480, 1000, 31].map((rowCount) => taskOf(rowCount))
    const encoded = tasks.map((task) => pool.encode(task))
    expect(workers.length).toBe(2)
    expect(await Promise.all(encoded)).toEqual([true, true, true, true])
    for (const task of tasks) expect(Buffer.compare(task.blocks, codesOf(task))).toBe(0)
    expect(pool.stats()).toEqual({ threadsMax: 2, threads: 2, inlineReason: undefined })
  })

  it('ends its threads when there is nothing to do, and starts others later', async () => {
    const { pool, workers } = watchedPool({ workers: 1, idleMs: 0 })
    const exit = pool.encode(taskOf(32)).then(() => once(workers[0]!, 'exit'))
    await exit
    expect(pool.stats()).toEqual({ threadsMax: 1, threads: 0, inlineReason: undefined })
    expect(await pool.encode(taskOf(32))).toBe(true)
    expect(workers.length).toBe(2)
  })

  it('does nothing any more once a thread has crashed, and says so once', async () => {
    const { pool, workers, warnings } = watchedPool()
    const tasks = [1, 2, 3, 4].map(() => taskOf(1000))
    const encoded = tasks.map((task) => pool.encode(task))
    await Promise.all(workers.map((worker) => worker.terminate()))
    expect(await Promise.all(encoded)).toEqual([false, false, false, false])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^SLUICE_WARN_ENCODE_THREADS .*it ended too early/)
    expect(pool.isFit).toBe(false)
    expect(await pool.encode(taskOf(32))).toBe(false)
    expect([workers.length, pool.stats().threads]).toEqual([2, 0])
  })

  it('has its thread crash on what the kernels refuse', async () => {
    const { pool, warnings } = watchedPool({ workers: 1 })
    const { rows, ...task } = taskOf(64)
    expect(await pool.encode({ ...task, rows: rows.subarray(0, 100) })).toBe(false)
    expect(warnings[0]).toContain('a thread that encodes failed')
  })

  it('gives up what is under way when it is closed', async () => {
    const { pool, workers, warnings } = watchedPool()
    const tasks = [1, 2, 3, 4].map(() => taskOf(1000))
    const encoded = tasks.map((task) => pool.encode(task))
    const exits = workers.map((worker) => once(worker, 'exit'))
    await pool.close()
    await Promise.all(exits)
    expect(await Promise.all(encoded)).toEqual([false, false, false, false])
    expect(warnings).toEqual([])
    expect(pool.stats().inlineReason).toBe('the database was closed')
  })

  it.each([
    ['memory is not shared', {}, 'not shared'],
    ['kernels are the caller’s own', { areKernelsSelected: false }, 'not selected by Sluice'],
    ['nobody wants them', { workers: 0 }, 'is 0'],
    [
      'threads have other kernels',
      { kernels: { ...kernels, info: { name: 'own', isa: 'none', reason: '' } }, workers: 1 },
      'not own for none',
    ],
    [
      'no thread can be started',
      {
        startWorker: () => {
          throw new Error('no more threads')
        },
      },
      'no more threads',
    ],
  ] as const)('leaves rows to the event loop where %s', async (_, options, reason) => {
    const { pool, warnings } = watchedPool(options)
    const task = reason === 'not shared' ? taskOf(32, ArrayBuffer) : taskOf(32)
    expect(await pool.encode(task)).toBe(false)
    expect(pool.stats()).toMatchObject({ threadsMax: 0 })
    expect(pool.stats().inlineReason).toContain(reason)
    expect([pool.isFit, warnings]).toEqual([false, []])
  })
})
