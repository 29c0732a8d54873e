import { describe, expect, it } from 'vitest'
import { Figures } from '../../src/figures.js'
import { collectGarbage, probeMemcpy } from '../../src/probe/memory.js'
import { addUse, metered } from '../../src/probe/meter.js'

/** Keeps `rows` objects alive, so that a collection does not hide their bytes. */
function allocate(rows: number): number[][] {
  return Array.from({ length: rows }, (_, row) => [row, row + 0.5, row + 0.25, row + 0.125])
}

describe('metered', () => {
  it('sees CPU time, resident memory and heap allocations of its task', async () => {
    const { result, use } = await metered(async () => allocate(100_000))
    expect(result).toHaveLength(100_000)
    expect(use.cpu.cores).toBeGreaterThan(0)
    expect(use.memory.rssBytesMax).toBeGreaterThanOrEqual(use.memory.rssBytesStart)
    // Four doubles a row, at the least.
    expect(use.memory.heapBytesAllocated).toBeGreaterThan(100_000 * 32)
  })

  it('counts garbage as allocated', async () => {
    const { use } = await metered(async () => {
      for (let round = 0; round < 400; round++) allocate(20_000)
    })
    expect(use.memory.heapBytesAllocated).toBeGreaterThan(400 * 20_000 * 32)
  })

  it('sees how long the event loop was held', async () => {
    const { use } = await metered(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      const endMs = performance.now() + 100
      while (performance.now() < endMs);
      await new Promise((resolve) => setTimeout(resolve, 5))
    })
    expect(use.eventLoop.max).toBeGreaterThan(80)
  })

  it('passes the failure of its task on', async () => {
    await expect(metered(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
})

describe('addUse', () => {
  it('adds the figures that every benchmark has', async () => {
    const figures = new Figures()
    const { use } = await metered(async () => undefined)
    addUse(figures, 'x', use, 10)
    for (const name of ['cpuCores', 'eventLoopDelayP99', 'rssMax', 'heapBytesPerRow', 'gcShare']) {
      expect(figures.get(`x.${name}`)?.samples, name).toHaveLength(1)
    }
  })
})

describe('probeMemcpy', () => {
  it('measures a speed', () => {
    expect(probeMemcpy(1024 * 1024)).toBeGreaterThan(0)
  })
})

describe('collectGarbage', () => {
  it('collects what nobody refers to', async () => {
    let reference: WeakRef<object> | undefined
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        reference = new WeakRef({})
        resolve()
      })
    })
    // A WeakRef holds its target until the turn of the event loop ends.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(reference?.deref()).toBeUndefined()
  })
})
