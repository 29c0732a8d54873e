/** Calls every kernel over codes and distances at all depths of a worker's stack, to its end. */

import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { scalarKernels } from '@sluice/core'
import { createNativeKernels } from '@sluice/simd-native'

const N = 64

function callsOf(kernels) {
  const bytes = new Uint8Array(8 * N)
  const signs = new Float32Array(2 * N).fill(1)
  const shape = { metric: 'l2', dtype: 'float64', dimension: N }
  const space = { ...shape, mean: new Float32Array(N), signs }
  const task = { space, rows: bytes, lists: new Uint32Array(1) }
  const blocks = new Uint8Array(4 * N + 512)
  const limits = { candidatesMax: 1, margin: 0, listsPerRow: 1 }
  const sums = { sums: new Float64Array(N), counts: new Uint32Array(1) }
  const table = { segments: new Uint32Array(), rowsPerSegment: 1, firstRow: 0, rowCount: 0 }
  const lists = { centroids: new Float32Array(N), blocks, extents: new Uint32Array(3) }
  const plan = { probes: 1, reach: 1, eps: 1, tailEps: 1 }
  const numbers = { tail: new Uint32Array(), looseFrom: 0, ...plan }
  const search = { space, query: bytes, rows: table, lists, ...numbers }
  const heap = { k: 1, distanceMax: 1, distances: new Float64Array(1), rows: new Uint32Array(1) }
  const scan = { ...shape, query: bytes, rows: bytes }
  return [
    () => kernels.encode({ space, rows: bytes, rowBase: 0, blocks, centre: space.mean }),
    () => kernels.buildTables(space, bytes, new Uint8Array(4 * N)),
    () => kernels.assign({ ...task, ...limits, centroids: new Float32Array(N), blocks }),
    () => kernels.accumulateMeans({ ...task, ...sums }),
    () => kernels.searchLists(search, { ...heap, count: 0 }),
    () => kernels.distancesRange(scan, 0, new Float64Array(1)),
    () => kernels.distances(scan, new Uint32Array(1), new Float64Array(1)),
  ]
}

function tryAll(calls) {
  for (const call of calls) {
    try {
      call()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
}

function deepen(calls) {
  try {
    deepen(calls)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  tryAll(calls)
}

if (isMainThread) {
  const [word] = await once(new Worker(new URL(import.meta.url)), 'message')
  process.stdout.write(`${word}\n`)
} else {
  const calls = callsOf(createNativeKernels(scalarKernels))
  try {
    deepen(calls)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  parentPort.postMessage('survived')
}
