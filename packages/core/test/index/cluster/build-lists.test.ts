import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildLists } from '../../../src/index/cluster/build-lists.js'
import { kernels } from '../../support/selected-kernels.js'
import { bytesOfLists, deadMask, hostOf, inputOf, segmented, someRows } from './cluster-fixture.js'
import { anyFates, assistantsWith, type Fate } from './in-process-assistants.js'

const ROWS = 1100
const EARLY_ROWS = 800

describe('buildLists', () => {
  it('makes and calibrates the same lists whatever assistants do or leave', async () => {
    const rows = { ...someRows(ROWS), mask: deadMask(ROWS, 0.2, 3) }
    const early = inputOf(rows, { rows: segmented(rows, EARLY_ROWS) })
    const first = await buildLists(kernels, early, hostOf())
    const late = inputOf(rows, { from: first.lists })
    const more = await buildLists(kernels, late, hostOf())
    const check = async (fates: Fate[]): Promise<void> => {
      for (const { input, right } of [
        { input: early, right: first },
        { input: late, right: more },
      ]) {
        const host = { ...hostOf(), assistants: assistantsWith(kernels, input, fates) }
        const made = await buildLists(kernels, input, host)
        expect(Buffer.compare(bytesOfLists(made.lists), bytesOfLists(right.lists))).toBe(0)
        expect(made.calibration).toEqual(right.calibration)
      }
    }
    await fc.assert(fc.asyncProperty(anyFates, check), { numRuns: 10 })
  })

  it('tells of rows that assistants did, and lets its host give up', async () => {
    const rows = someRows(ROWS)
    const done: number[] = []
    const host = hostOf(async ({ stage, rowsDone }) => {
      if (stage === 'assign') done.push(rowsDone)
    })
    const assistants = assistantsWith(kernels, inputOf(rows), ['done', 'done', 'lost'])
    await buildLists(kernels, inputOf(rows), { ...host, assistants })
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(done.at(-1)).toBe(ROWS)
    const stop = new Error('enough')
    for (const stage of ['train', 'assign', 'write', 'calibrate']) {
      const failing = hostOf(async (progress) => {
        if (progress.stage === stage) throw stop
      })
      const run = buildLists(kernels, inputOf(rows), { ...failing, assistants })
      await expect(run).rejects.toBe(stop)
    }
  })
})
