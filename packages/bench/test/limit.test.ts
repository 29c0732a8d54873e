import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DiskLimit } from '../src/limit.js'

describe('DiskLimit', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('compares with the measurements before and after, and with 2,000 MB/s at most', async () => {
    const limit = new DiskLimit(directory, 1)
    for (let measured = 0; measured < 3; measured++) await limit.measure()
    expect(limit.throughputs).toHaveLength(3)
    const [, before = 0, after = 0] = limit.throughputs
    const bound = Math.min(2000, (before + after) / 2)
    expect(limit.ratioOf(bound)).toBeCloseTo(1)
    expect(limit.ratioOf(bound / 4)).toBeCloseTo(0.25)
  })
})
