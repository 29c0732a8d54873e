import { describe, expect, it } from 'vitest'
import { sweepRunLabel, sweepRunName, sweepRuns } from '../../src/sweep/sweep-run.js'

describe('sweepRuns', () => {
  it('tries all sizes through ingest, and with as many adds as there are batches for', () => {
    const runs = sweepRuns({ batches: [10, 100], inFlight: [1, 4, 16], rowCount: 400 })
    expect(runs.map(sweepRunName)).toEqual([
      'sweep.10',
      'sweep.100',
      'sweep.add.10.1',
      'sweep.add.100.1',
      'sweep.add.10.4',
      'sweep.add.100.4',
      'sweep.add.10.16',
    ])
  })

  it('says in words what is run', () => {
    expect(sweepRunLabel({ batchRows: 4096, inFlight: undefined })).toBe('batches of 4,096 rows')
    expect(sweepRunLabel({ batchRows: 256, inFlight: 4 })).toBe('batches of 256 rows, 4 in flight')
  })
})
