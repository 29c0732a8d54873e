import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { hasCode } from '../../../src/errors.js'
import { buildLists } from '../../../src/index/cluster/build-lists.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import { ClusterRunner } from '../../../src/index/cluster/cluster-runner.js'
import { clusterOnThread, UnfitThread } from '../../../src/index/cluster/cluster-thread.js'
import { IngestGate } from '../../../src/index/cluster/ingest-gate.js'
import { BATCH_ROWS } from '../../../src/index/cluster/row-gatherer.js'
import { sharedNumbers } from '../../../src/index/cluster/shared-arrays.js'
import { shareWork } from '../../../src/index/cluster/shared-work.js'
import { startAssistants } from '../../../src/index/cluster/start-assistants.js'
import type { ThreadTask } from '../../../src/index/cluster/thread-messages.js'
import { isNative, kernels } from '../../support/selected-kernels.js'
import { bytesOfLists, hostOf, inputOf, type Rows, segmented, someRows } from './cluster-fixture.js'

const onProgress = (): void => undefined

async function share(byteLength: number): Promise<Uint8Array> {
  return new Uint8Array(new SharedArrayBuffer(byteLength + 64), 64)
}

function taskOf(rows: Rows, assistants: number): ThreadTask {
  const gate = new IngestGate().shared
  return { input: inputOf(rows), kernels: kernels.info, gate, assistants }
}

/** Threads of lists: theirs is the niceness 10 (proc(5), field 19 of stat). */
function listThreads(): number {
  return readdirSync('/proc/self/task').filter((id) => nicenessOf(id) === '10').length
}

/** Undefined for a thread that has ended since it was seen. */
function nicenessOf(id: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined
    throw error
  }
}

describe('threads that help', () => {
  it('make the same bytes, however many they are', async () => {
    const rows = someRows(6000)
    const right = await buildLists(kernels, inputOf(rows), hostOf())
    for (const assistants of [0, 1, 3]) {
      const signal = new AbortController().signal
      const task = taskOf(rows, assistants)
      const made = await clusterOnThread(task, { allocate: share, onProgress, signal })
      if (made instanceof UnfitThread) throw new Error(made.reason)
      expect(Buffer.compare(bytesOfLists(made.lists), bytesOfLists(right.lists))).toBe(0)
      expect(made.calibration).toEqual(right.calibration)
    }
  })

  it('do all of some work when nobody else does', async () => {
    const rows = someRows(1000)
    const host = { ...hostOf(), allocate: share }
    const lists = await clusterRows(kernels, inputOf(rows), host)
    const { space, listsPerRow, centroids, centroidBlocks } = lists
    const task = { space, listsPerRow, centroids, blocks: centroidBlocks }
    const numbers = sharedNumbers(1000)
    for (let row = 0; row < 1000; row++) numbers[row] = row
    const found = sharedNumbers(1000 * listsPerRow)
    const part = {
      kind: 'assign',
      task: { ...task, candidatesMax: 12, margin: 0.05 },
      rows: numbers,
      lists: found,
    } as const
    const work = shareWork(part, Math.ceil(1000 / BATCH_ROWS))
    const program = createRequire(import.meta.url).resolve('@sluice/core/cluster-thread')
    const url = new URL('assistant-thread-entry.js', pathToFileURL(program))
    await startAssistants(url, taskOf(rows, 2)).help(work)
    expect(work.finished.every((flag) => flag === 1)).toBe(true)
    const right = new Uint32Array(found.length)
    kernels.assign({ ...part.task, rows: rows.packed, lists: right })
    expect(found).toEqual(right)
  })

  // Hundreds of thousands of rows take the scalar kernels minutes.
  it.runIf(isNative)(
    'help where rows are many, also with groups of centroids and with more rows',
    async () => {
      const rows = someRows(400_000, 4)
      const clusters = new ClusterRunner({ kernels, areKernelsSelected: true })
      const first = inputOf(rows, { rows: segmented(rows, 270_000) })
      let threads = 0
      const allocate = (byteLength: number): Promise<Uint8Array> => {
        if (process.platform === 'linux') threads = listThreads()
        return share(byteLength)
      }
      const made = await clusters.run(first, { allocate })
      expect(made.inlineReason).toBe(undefined)
      if (process.platform === 'linux') expect(threads).toBe(Math.min(4, availableParallelism()))
      const right = await clusterRows(kernels, first, hostOf())
      expect(Buffer.compare(bytesOfLists(made.lists), bytesOfLists(right))).toBe(0)
      const more = await clusters.run(inputOf(rows, { from: made.lists }), { allocate: share })
      const rightMore = await clusterRows(kernels, inputOf(rows, { from: right }), hostOf())
      expect(Buffer.compare(bytesOfLists(more.lists), bytesOfLists(rightMore))).toBe(0)
      await clusters.close()
    },
    60_000,
  )

  it.runIf(isNative && process.platform === 'linux')('end with the thread they help', async () => {
    const rows = someRows(20_000)
    const moments = ['sample', 'train', 'assign', 'write', 'calibrate'] as const
    for (const moment of moments) {
      const aborting = new AbortController()
      let during = 0
      const run = clusterOnThread(taskOf(rows, 2), {
        allocate: share,
        onProgress: ({ stage }) => {
          if (moments.indexOf(moment) > moments.indexOf(stage)) return
          during = Math.max(during, listThreads())
          aborting.abort(new Error(moment))
        },
        signal: aborting.signal,
      })
      await expect(run).rejects.toThrow(moment)
      expect(during).toBeGreaterThan(0)
      expect(listThreads()).toBe(0)
    }
  })

  it('are done without when they crash, at once or with a batch of their own', async () => {
    const rows = someRows(1000)
    const right = bytesOfLists(await clusterRows(kernels, inputOf(rows), hostOf()))
    const listen = "import { parentPort } from 'node:worker_threads'; parentPort.on('message', "
    const programs = [
      "throw new Error('broken')",
      'process.exit(0)',
      `${listen}({ next }) => { Atomics.add(next, 0, 1); throw new Error('broken') })`,
    ]
    for (const program of programs) {
      const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
      const assistants = startAssistants(url, taskOf(rows, 2))
      const made = await clusterRows(kernels, inputOf(rows), { ...hostOf(), assistants })
      expect(Buffer.compare(bytesOfLists(made), right)).toBe(0)
    }
  })
})
