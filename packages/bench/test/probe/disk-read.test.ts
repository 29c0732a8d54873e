import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { probeDiskRead } from '../../src/probe/disk-read.js'

describe('probeDiskRead', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('reads files of any length, with and without holes', async () => {
    const files = [join(directory, 'a'), join(directory, 'b')]
    await writeFile(files[0] as string, Buffer.alloc(20_000_001, 1), { flush: true })
    await writeFile(files[1] as string, Buffer.alloc(5000, 1), { flush: true })
    await truncate(files[1] as string, 1e9)
    const speed = await probeDiskRead(files)
    expect(speed?.throughput).toBeGreaterThan(0)
    expect(typeof speed?.direct).toBe('boolean')
  })

  it('measures nothing where there is nothing to read', async () => {
    const file = join(directory, 'empty')
    await writeFile(file, '')
    expect(await probeDiskRead([])).toBeUndefined()
    expect(await probeDiskRead([file])).toBeUndefined()
    await truncate(file, 1e6)
    expect(await probeDiskRead([file]), 'one large hole').toBeUndefined()
  })

  it('rejects when a file is not there', async () => {
    await expect(probeDiskRead([join(directory, 'none')])).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
