import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Figures } from '../src/figures.js'
import { DiskLimit } from '../src/limit.js'

describe('DiskLimit', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('compares with the measurements before and after, and with 2,000 MB/s at most', async () => {
    const limit = new DiskLimit({ wal: 'file' }, directory, 1)
    for (let measured = 0; measured < 3; measured++) await limit.measure()
    const figures = new Figures()
    limit.addTo(figures)
    const { samples = [] } = figures.get('disk.throughput') ?? {}
    expect(samples).toHaveLength(3)
    const [, before = 0, after = 0] = samples
    const bound = Math.min(2000, (before + after) / 2)
    expect(limit.ratioOf(bound)).toBeCloseTo(1)
    expect(limit.ratioOf(bound / 4)).toBeCloseTo(0.25)
    limit.addRatio(figures, 'x.limitRatio', bound)
    expect(figures.get('x.limitRatio')).toMatchObject({ unit: 'ratio' })
    expect(limit.note).toMatch(/^raw disk: /)
  })

  it('is none where nothing is written to a disk', async () => {
    const limit = new DiskLimit({ wal: 'memory' }, directory, 1)
    await limit.measure()
    const figures = new Figures()
    limit.addRatio(figures, 'x.limitRatio', 1000)
    limit.addTo(figures)
    expect(figures.toJSON()).toEqual({})
    expect(limit.note).toContain('nothing is written to a disk')
  })
})
