import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ClusterProgress } from '../../../src/index/cluster/cluster-input.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import { type ClusterRun, ClusterRunner } from '../../../src/index/cluster/cluster-runner.js'
import { watchThread } from '../../../src/index/cluster/cluster-thread.js'
import { IngestGate } from '../../../src/index/cluster/ingest-gate.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { isNative, kernels } from '../../support/selected-kernels.js'
import {
  aliveRows,
  assigned,
  bytesOfLists,
  expectLists,
  hostOf,
  inputOf,
  type Rows,
  segmented,
  someRows,
} from './cluster-fixture.js'

/** Some tens of milliseconds of work. */
function sharedRows(rowCount = 6000): Rows {
  return someRows(rowCount, 96)
}

function share(byteLength: number): Promise<Uint8Array> {
  // Lists do not begin where their buffers do.
  return Promise.resolve(new Uint8Array(new SharedArrayBuffer(byteLength + 64), 64).fill(0xaa))
}

function runner(own = kernels, areKernelsSelected = true): ClusterRunner {
  const made = new ClusterRunner({ kernels: own, areKernelsSelected })
  onTestFinished(() => made.close())
  return made
}

/** A run that calls `act` when it has learnt centroids and wants memory for them. */
function halfWay(act: () => void): ClusterRun {
  let isDone = false
  const allocate = (byteLength: number): Promise<Uint8Array> => {
    if (!isDone) act()
    isDone = true
    return share(byteLength)
  }
  return { allocate }
}

/** The niceness of every thread of this process (proc(5), field 19 of stat). */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').map((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}

describe('a ClusterRunner', () => {
  it('makes on a thread what the event loop would make, in the memory it is given', async () => {
    const rows = sharedRows()
    const clusters = runner()
    const given: Uint8Array[] = []
    const allocate = async (byteLength: number): Promise<Uint8Array> => {
      const bytes = await share(byteLength)
      given.push(bytes)
      return bytes
    }
    const first = inputOf(rows, { rows: segmented(rows, 5000) })
    const seen: ClusterProgress[] = []
    const onProgress = (progress: ClusterProgress): void => {
      seen.push(progress)
    }
    const made = await clusters.run(first, { allocate, onProgress })
    expect(seen[0]?.stage).toBe('sample')
    expect(made.inlineReason).toBe(undefined)
    const right = await clusterRows(kernels, first, hostOf())
    expect(Buffer.compare(bytesOfLists(made.lists), bytesOfLists(right))).toBe(0)
    expectLists(rows, made.lists, assigned(rows, made.lists, aliveRows(rows, 5000)))
    const { centroids, centroidBlocks, chunks } = made.lists
    expect(centroids.buffer).toBe(given[0]?.buffer)
    expect([centroidBlocks, ...chunks]).toEqual(given.slice(1))
    expect(centroidBlocks).toBe(given[1])
    given.length = 0
    const second = inputOf(rows, { from: made.lists })
    const more = await clusters.run(second, { allocate })
    expect(more.inlineReason).toBe(undefined)
    const rightMore = await clusterRows(kernels, { ...second, from: right }, hostOf())
    expect(Buffer.compare(bytesOfLists(more.lists), bytesOfLists(rightMore))).toBe(0)
    expect(more.lists.centroids.buffer).toBe(given[0]?.buffer)
    expect(more.lists.centroidBlocks).toBe(given[1])
    expect(more.lists.chunks.length).toBe(given.length - 2)
    more.lists.chunks.forEach((chunk, i) => {
      expect(chunk).toBe(given[i + 2])
    })
  })

  const canBeLower = process.platform === 'linux' && getPriority(0) < 10
  it.runIf(canBeLower)('lowers the priority of its thread alone', async () => {
    const before = getPriority(0)
    let during: number[] = []
    await runner().run(
      inputOf(sharedRows()),
      halfWay(() => {
        during = nicenesses()
      }),
    )
    expect(during.filter((niceness) => niceness === 10).length).toBe(1)
    expect(getPriority(0)).toBe(before)
    expect(nicenesses()).not.toContain(10)
  })

  it('makes them on the event loop with kernels that a thread cannot have', async () => {
    const rows = sharedRows(300)
    const own = await runner(scalarKernels, false).run(inputOf(rows), { allocate: share })
    expect(own.inlineReason).toBe('the kernels are not selected by Sluice')
    expectLists(rows, own.lists, assigned(rows, own.lists, aliveRows(rows, 300)))
  })

  it.runIf(isNative)('makes them there with kernels other than a thread selects', async () => {
    const rows = sharedRows(300)
    const own = await runner(scalarKernels, false).run(inputOf(rows), { allocate: share })
    const made = await runner(scalarKernels).run(inputOf(rows), { allocate: share })
    expect(made.inlineReason).toMatch(
      /^a thread has native kernels for \w+, not scalar for scalar: /,
    )
    expect(Buffer.compare(bytesOfLists(made.lists), bytesOfLists(own.lists))).toBe(0)
  })

  it('makes them on the event loop where memory is not shared', async () => {
    const rows = sharedRows(300)
    const clusters = runner()
    const privately = { ...rows, packed: rows.packed.slice() }
    const made = await clusters.run(inputOf(privately), { allocate: share })
    expect(made.inlineReason).toBe('memory of rows or lists is not shared between threads')
    const allocate = async (byteLength: number): Promise<Uint8Array> => new Uint8Array(byteLength)
    const again = await clusters.run(inputOf(rows), { allocate })
    expect(again.inlineReason).toBe('memory for lists is not shared between threads')
    expect(Buffer.compare(bytesOfLists(made.lists), bytesOfLists(again.lists))).toBe(0)
  })

  it('ends a run whose signal fires, before it, during it or while it waits', async () => {
    const rows = sharedRows()
    for (const clusters of [runner(), runner(kernels, false)]) {
      const early = { allocate: share, signal: AbortSignal.abort() }
      const aborted = { code: 'SLUICE_ABORTED' }
      await expect(clusters.run(inputOf(rows), early)).rejects.toMatchObject(aborted)
      const during = new AbortController()
      const waiting = new AbortController()
      const run = halfWay(() => {
        during.abort('enough')
        waiting.abort()
      })
      const first = clusters.run(inputOf(rows), { ...run, signal: during.signal })
      const second = clusters.run(inputOf(rows), { allocate: share, signal: waiting.signal })
      const failed = { ...aborted, cause: 'enough' }
      await Promise.all([
        expect(first).rejects.toMatchObject(failed),
        expect(second).rejects.toMatchObject(aborted),
      ])
      const last = await clusters.run(inputOf(sharedRows(300)), { allocate: share })
      expect(last.lists.rowCount).toBe(300)
    }
  })

  it('passes on why there was no memory, and goes on', async () => {
    const clusters = runner()
    const refusal = Object.assign(new Error('no more'), { code: 'SLUICE_LIMIT_EXCEEDED' })
    const refused = clusters.run(inputOf(sharedRows()), { allocate: () => Promise.reject(refusal) })
    await expect(refused).rejects.toBe(refusal)
    const next = await clusters.run(inputOf(sharedRows(300)), { allocate: share })
    expect(next.inlineReason).toBe(undefined)
  })

  it('rejects what cannot be done, and has a new thread for what comes next', async () => {
    const clusters = runner()
    const rows = sharedRows(300)
    const [short] = segmented(rows).segments
    const broken = { ...segmented(rows), segments: [short!.subarray(0, 5)], rowsPerSegment: 300 }
    const failed = clusters.run(inputOf(rows, { rows: broken }), { allocate: share })
    await expect(failed).rejects.toMatchObject({ code: 'SLUICE_INTERNAL' })
    const next = await clusters.run(inputOf(rows), { allocate: share })
    expect(next.inlineReason).toBe(undefined)
  })

  it('runs one after the other', async () => {
    const clusters = runner()
    const order: string[] = []
    const runs = ['first', 'second'].map(async (name) => {
      const allocate = (byteLength: number): Promise<Uint8Array> => {
        order.push(name)
        return share(byteLength)
      }
      await clusters.run(inputOf(sharedRows(1000)), { allocate })
    })
    await Promise.all(runs)
    expect(order).toEqual([...order].sort())
    expect(new Set(order)).toEqual(new Set(['first', 'second']))
  })

  it('ends what it does when it is closed, and does nothing afterwards', async () => {
    for (const clusters of [runner(), runner(kernels, false)]) {
      const closed = { code: 'SLUICE_CLOSED' }
      const { promise, act } = actOnce(() => clusters.close())
      const first = clusters.run(inputOf(sharedRows()), halfWay(act))
      const second = clusters.run(inputOf(sharedRows()), { allocate: share })
      await expect(first).rejects.toMatchObject(closed)
      await expect(second).rejects.toMatchObject(closed)
      await promise
      const late = clusters.run(inputOf(sharedRows()), { allocate: share })
      await expect(late).rejects.toMatchObject(closed)
    }
  })
})

describe('a thread that fails', () => {
  const gate = new IngestGate().shared
  const task = { input: inputOf(sharedRows(100)), kernels: kernels.info, gate, assistants: 0 }
  const options = {
    allocate: share,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  }
  const begin = "require('node:worker_threads').parentPort.postMessage({ kind: 'started' });"
  const watch = (source: string): ReturnType<typeof watchThread> =>
    watchThread(new Worker(source, { eval: true }), task, options)

  it('rejects when it crashes or ends half way', async () => {
    const crash = watch(`${begin} setImmediate(() => { throw new Error('broken') })`)
    await expect(crash).rejects.toMatchObject({
      code: 'SLUICE_INTERNAL',
      retryable: true,
      message: 'the thread that makes lists failed: broken',
    })
    await expect(watch(`${begin} process.exit(3)`)).rejects.toThrow('it ended too early')
  })

  it('is no thread where it does not even begin', async () => {
    await expect(watch("throw new Error('no module')")).resolves.toMatchObject({
      reason: 'a thread could not be started: no module',
    })
    await expect(watch('')).resolves.toMatchObject({
      reason: 'a thread could not be started: it ended too early',
    })
  })
})

function actOnce(what: () => Promise<void>): { promise: Promise<void>; act: () => void } {
  let settle = (_: Promise<void>): void => undefined
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, act: () => settle(what()) }
}
