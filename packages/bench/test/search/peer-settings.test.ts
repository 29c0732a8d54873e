import { describe, expect, it } from 'vitest'
import type { PeerIndex } from '../../src/peer/peer-index.js'
import { findSettings } from '../../src/search/peer-settings.js'
import { GroundTruth } from '../../src/vectors/recall.js'
import { Workload } from '../../src/vectors/workload.js'

const shape = { dtype: 'float32', dimension: 8, rowCount: 200, batchRows: 200, seed: 1 } as const
const workload = new Workload({ ...shape, ids: 'assigned' }, 3)
const truth = new GroundTruth(workload, 200)

/** Finds as many of the 200 neighbours as its width. */
const index: PeerIndex = {
  parameters: 'none',
  build: () => Promise.resolve(),
  at: (ef) => ({
    ef,
    prepare: () => undefined,
    search: () => Array.from({ length: Math.min(ef, 190) }, (_, row) => row),
  }),
}

describe('findSettings', () => {
  it('finds the narrowest search that reaches each recall, and none where none does', async () => {
    const questions = { queryCount: 3, truth }
    const settings = await findSettings(index, workload, questions, [0.5, 0.9, 0.95, 0.99])
    // Widths below 200, the neighbours wanted, are not tried.
    expect([...settings].map(([recall, { ef }]) => [recall, ef])).toEqual([
      [0.5, 256],
      [0.9, 256],
      [0.95, 256],
    ])
  })

  it('tries wider searches where narrow ones do not do', async () => {
    const few = new GroundTruth(workload, 10)
    const slow: PeerIndex = {
      ...index,
      at: (ef) => ({ ...index.at(ef), search: () => (ef < 100 ? [] : [...Array(200).keys()]) }),
    }
    const settings = await findSettings(slow, workload, { queryCount: 3, truth: few }, [0.9, 0.999])
    expect([...settings.values()].map(({ ef }) => ef)).toEqual([128, 128])
  })
})
