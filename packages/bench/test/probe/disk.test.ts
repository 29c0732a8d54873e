import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { probeDisk, probeDiskPace, probeSync } from '../../src/probe/disk.js'

describe('disk probes', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('measures writing and leaves nothing behind', async () => {
    const { throughput, direct } = await probeDisk(directory, 1)
    expect(throughput).toBeGreaterThan(0)
    expect(typeof direct).toBe('boolean')
    expect(await readdir(directory)).toEqual([])
  })

  it('measures what is written in each window and leaves nothing behind', async () => {
    const windows = await probeDiskPace(directory, { windowMs: 400, count: 3 })
    expect(windows).toHaveLength(3)
    expect(Math.min(...windows)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...windows)).toBeGreaterThan(0)
    expect(await readdir(directory)).toEqual([])
  })

  it('measures every sync and leaves nothing behind', async () => {
    const latencies = await probeSync(directory, 3)
    expect(latencies).toHaveLength(3)
    expect(Math.min(...latencies)).toBeGreaterThan(0)
    expect(await readdir(directory)).toEqual([])
  })

  it('rejects when the folder is not there', async () => {
    await expect(probeDisk(join(directory, 'none'), 1)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
