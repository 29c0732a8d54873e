/** Regions beside garbage collection and threads. What they do otherwise is in the kernel suite. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { LIMITS, type MemoryRegion } from '@sluice/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { type ChildEnd, runChild } from '../../core/test/crash/child-process.js'
import { createNativeKernels, nativeStatus } from '../src/index.js'

const MIB = 1024 * 1024

describe.skipIf(!nativeStatus().available)('native regions', () => {
  it('are as many as the limit says, and no more', () => {
    const kernels = createNativeKernels(scalarKernels)
    const bytes = Uint8Array.of(1, 2, 3)
    const regions: MemoryRegion[] = []
    const openAll = (): void => {
      while (regions.length <= LIMITS.regionsMax) regions.push(kernels.region(bytes))
    }
    expect(openAll).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_EXCEEDED' }))
    expect(regions.length).toBe(LIMITS.regionsMax)
    regions.pop()?.release()
    regions.push(kernels.region(bytes))
    const target = new Uint8Array(3)
    for (const region of regions) {
      target.fill(0)
      kernels.readRegion(region.handle, 0, target)
      if (target[2] !== 3) expect.fail(`region ${region.handle} reads ${target}`)
      region.release()
    }
  })

  it('belong to the thread that made them, and share memory with those of others', async () => {
    const kernels = createNativeKernels(scalarKernels)
    const shared = new Uint8Array(new SharedArrayBuffer(MIB))
    // So many that their handles are not those of a thread that has made one region.
    const regions = Array.from({ length: 100 }, () => kernels.region(shared))
    const { handle } = regions[99]!
    const worker = startWorker({ shared, foreignHandle: handle })
    const [{ refusal, ownHandle }] = await once(worker, 'message')
    expect(refusal).toBe('SLUICE_INVALID_ARGUMENT')
    shared[MIB - 1] = 77
    worker.postMessage('read')
    expect(await once(worker, 'message')).toEqual([77])
    await worker.terminate()
    const target = new Uint8Array(1)
    kernels.readRegion(handle, MIB - 1, target)
    expect(target[0]).toBe(77)
    expect(ownHandle).toBeGreaterThan(0)
    for (const region of regions) region.release()
  })

  it('have the length that memory has, whatever it says of itself', () => {
    class Boaster extends Uint8Array {
      override get byteLength(): number {
        return 1e9
      }
    }
    const kernels = createNativeKernels(scalarKernels)
    const region = kernels.region(new Boaster(4))
    expect(region.byteLength).toBe(4)
    region.release()
  })

  it('keep memory from being collected until they are released', async () => {
    const told = tellingOf(await runChild({ script: scriptOf('region-gc-child.mjs'), work: {} }))
    expect(told).toEqual({ readBack: 200, collectedWhileOpen: 0, collectedAfterRelease: 200 })
  })

  it('end with a thread that is terminated in a kernel or prefault, a hundred times', async () => {
    const work = { workers: 100, memoryBytes: 16 * MIB }
    const told = tellingOf(await runChild({ script: scriptOf('terminate-child.mjs'), work }))
    expect(told['terminated']).toBe(100)
    // What they touched is 1.6 GB.
    expect(told['grownBytes']).toBeLessThan(400 * MIB)
  })
})

function startWorker(workerData: unknown): Worker {
  // Without the conditions of the test runner, under which packages are TypeScript.
  const options = { workerData, execArgv: [] }
  const worker = new Worker(new URL('region-worker.mjs', import.meta.url), options)
  onTestFinished(async () => {
    await worker.terminate()
  })
  return worker
}

function scriptOf(name: string): string {
  return new URL(name, import.meta.url).href
}

function tellingOf({ code, signal, lines, stderr }: ChildEnd): Record<string, number> {
  expect({ code, signal }, stderr).toEqual({ code: 0, signal: null })
  return JSON.parse(lines.at(-1) ?? '')
}
