import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Assistants } from '../../../src/index/cluster/cluster-input.js'
import { doTogether } from '../../../src/index/cluster/do-together.js'
import { finishBatch, takeBatch } from '../../../src/index/cluster/shared-work.js'
import type { WorkPart } from '../../../src/index/cluster/work-part.js'
import { anyFates, type Fate } from './in-process-assistants.js'

const none = new Uint32Array(0)
const centroids = new Float32Array(0)
/** Nothing looks into it here. */
const part: WorkPart = {
  kind: 'order',
  centroids,
  elements: 1,
  order: none,
  next: none,
  runs: none,
}

/** Notes what it does of the first batches. */
function noting(fates: readonly Fate[], ran: number[]): Assistants {
  return {
    async help(work) {
      const taken = fates.map((fate) => ({ fate, batch: takeBatch(work) }))
      for (const { fate, batch } of taken) {
        if (batch === undefined || fate === 'left') continue
        await Promise.resolve()
        ran.push(batch)
        if (fate === 'done') finishBatch(work, batch)
      }
    },
  }
}

describe('doTogether', () => {
  it('does each batch that assistants have not finished, and counts those that are', async () => {
    const check = async (fates: Fate[], batchCount: number): Promise<void> => {
      const ran: number[] = []
      const own: number[] = []
      const counts: number[] = []
      await doTogether(noting(fates, ran), part, {
        batchCount,
        run: (batch) => own.push(batch),
        pause: async (batchesDone) => {
          counts.push(batchesDone)
          await Promise.resolve()
        },
      })
      expect(new Set([...ran, ...own]).size).toBe(batchCount)
      expect(new Set(own).size).toBe(own.length)
      const finished = fates.slice(0, batchCount).filter((fate) => fate === 'done').length
      expect(own.length).toBe(batchCount - finished)
      expect(counts).toEqual([...counts].sort((a, b) => a - b))
      expect(counts.at(-1)).toBe(batchCount)
    }
    await fc.assert(fc.asyncProperty(anyFates, fc.nat({ max: 20 }), check))
  })

  it('is not done before its assistants', async () => {
    let isOver = false
    const help = async (): Promise<void> => {
      await new Promise(setImmediate)
      isOver = true
    }
    const run = (): void => expect(isOver).toBe(false)
    await doTogether({ help }, part, { batchCount: 3, run, pause: async () => undefined })
    expect(isOver).toBe(true)
  })

  it('gives up when told to', async () => {
    const stop = new Error('enough')
    const pause = (): Promise<void> => Promise.reject(stop)
    const share = { batchCount: 3, run: () => undefined, pause }
    await expect(doTogether(noting(['done'], []), part, share)).rejects.toBe(stop)
  })
})
