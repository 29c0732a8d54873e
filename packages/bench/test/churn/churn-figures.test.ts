import { describe, expect, it } from 'vitest'
import { churnFigures, churnSeries } from '../../src/churn/churn-figures.js'
import type { ChurnResult } from '../../src/churn/measure-churn.js'
import type { DiskUsage } from '../../src/database/disk-usage.js'
import { metered } from '../../src/probe/meter.js'
import { Workload } from '../../src/vectors/workload.js'

const NONE = { segments: 0, columns: 0, log: 0, checkpoints: 0, recycled: 0, other: 0 }

function usage(log: number, segments = 0): DiskUsage {
  const byKind = { ...NONE, log, segments }
  return { bytes: log + segments, bytesByKind: byKind, length: 2 * log, lengthByKind: byKind }
}

const span = (startMs: number, endMs: number) => ({ startMs, endMs })

async function result(parts: Partial<ChurnResult> = {}): Promise<ChurnResult> {
  const { use } = await metered(async () => undefined)
  return {
    load: span(1000, 3000),
    use,
    pauses: [span(1100, 1105), span(1490, 1502), span(2000, 2003), span(2990, 3020)],
    gaps: [span(1000, 1400), span(1400, 1700), span(1700, 2000)],
    adds: [span(1000, 1001), span(1550, 1557), span(1700, 1702)],
    samples: [
      { atMs: 1200, usage: usage(10) },
      { atMs: 1500, usage: usage(30) },
      { atMs: 2500, usage: usage(20) },
      { atMs: 3000, usage: usage(25) },
    ],
    usageOpen: usage(25, 95),
    usageClosed: usage(15, 95),
    checkpoints: [span(1500, 1600), span(2900, 3100)],
    liveBytes: 100,
    recall: 1,
    kernels: { name: 'scalar', isa: 'none', reason: 'test' },
    troubles: [],
    ...parts,
  }
}

const workload = new Workload(
  { dtype: 'int8', dimension: 4, rowCount: 1000, batchRows: 10, ids: 'u64', seed: 1 },
  0,
)

describe('churnFigures', () => {
  it('compares what is on disk with what is alive', async () => {
    const figures = churnFigures(workload, await result())
    expect(figures.get('churn.diskRatio')?.value).toBeCloseTo(1.1)
    expect(figures.get('churn.openDiskRatio')?.value).toBeCloseTo(1.2)
    expect(figures.get('churn.diskLengthRatio')?.value).toBeCloseTo(0.3)
    expect(figures.get('churn.logBytesMax')?.value).toBe(30)
    expect(figures.get('churn.logBytesMaxSecondHalf')?.value).toBe(25)
  })

  it('tells what happened while checkpoints were made from the rest', async () => {
    const figures = churnFigures(workload, await result())
    const value = (name: string) => figures.get(`churn.${name}`)?.value
    expect(value('checkpoints')).toBe(2)
    expect(value('checkpointMs')).toBe(150)
    // The second checkpoint ends after the load.
    expect(value('checkpointShare')).toBeCloseTo(200 / 2000)
    expect(value('pauseMax')).toBe(30)
    expect(value('longPauses')).toBeCloseTo(2 / 0.2)
    expect(value('pauseMaxOutside')).toBe(5)
    expect(value('longPausesOutside')).toBe(0)
    expect(value('addLatencyP99DuringCheckpoint')).toBe(7)
    expect(value('addLatencyMaxOutside')).toBe(2)
    expect(value('stallMaxDuringCheckpoint')).toBe(300)
    expect(value('stallMaxOutside')).toBe(400)
    expect(value('rowsPerSecond')).toBe(500)
  })

  it('says nothing of a time that there was not', async () => {
    const names = Object.keys(churnFigures(workload, await result({ checkpoints: [] })).toJSON())
    expect(names).toContain('churn.pauseMaxOutside')
    expect(names).not.toContain('churn.pauseMax')
    expect(names).not.toContain('churn.checkpointMs')
    expect(names.filter((name) => name.includes('During'))).toEqual([])
  })
})

describe('churnSeries', () => {
  it('has a value per sample', async () => {
    const series = churnSeries(await result())
    expect(series['sampleMs']).toEqual([200, 500, 1500, 2000])
    expect(series['logBytes']).toEqual([10, 30, 20, 25])
    expect(series['eventLoopDelayMax']).toEqual([5, 12, 12, 30])
    for (const values of Object.values(series)) expect(values).toHaveLength(4)
  })
})
