import { existsSync } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deviceStatFile, readDeviceCounters } from '../../src/probe/device-counters.js'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-device-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** `stat` of a disk, as Linux 6 has it: reads, writes, queue, discards, flushes. */
const STAT =
  '  114201    11780 11498914    42975  1924734   218849 2469543608  3236016        0   658704 ' +
  ' 3501029   124209      351 1005491728   117286   351241   104750\n'

describe('readDeviceCounters', () => {
  it('reads how long discards and flushes took', async () => {
    const file = join(folder, 'stat')
    await writeFile(file, STAT)
    expect(readDeviceCounters(file)).toEqual({ discardMs: 117_286, flushMs: 104_750 })
  })

  it('has zeros of an older Linux, which counts neither, and where there is no disk', async () => {
    const file = join(folder, 'old')
    await writeFile(file, STAT.trim().split(/\s+/).slice(0, 11).join(' '))
    expect(readDeviceCounters(file)).toEqual({ discardMs: 0, flushMs: 0 })
    expect(readDeviceCounters(undefined)).toEqual({ discardMs: 0, flushMs: 0 })
  })
})

describe('deviceStatFile', () => {
  it('names no disk behind a file system that lies on none', () => {
    if (existsSync('/proc/self')) expect(deviceStatFile('/proc/self')).toBeUndefined()
  })

  const file = deviceStatFile(process.cwd())
  it.runIf(file !== undefined)('names the disk, whose counts only grow', async () => {
    const before = readDeviceCounters(file)
    const handle = await open(join(folder, 'synced'), 'w')
    await handle.write('x')
    await handle.sync()
    await handle.close()
    const after = readDeviceCounters(file)
    expect(after.flushMs).toBeGreaterThanOrEqual(before.flushMs)
    expect(after.discardMs).toBeGreaterThanOrEqual(before.discardMs)
  })
})
