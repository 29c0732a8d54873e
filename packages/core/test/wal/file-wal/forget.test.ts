/** Forgetting old records: beside appends, and without losing any that stay. */

import { execFile } from 'node:child_process'
import { mkdir, open, rename, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { collect, testRecords } from '../../../src/conformance/wal-records.js'
import type { WalBackend } from '../../../src/contract/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { logFiles, openLog, read, write } from './fixture.js'

const records = testRecords(1n, 8)
/** One record a file. */
const tiny = { segmentBytesMax: 1 }
const disk = { durability: 'disk' } as const
const MARK = 'first-lsn'

async function bytesOnDisk(directory: string): Promise<number> {
  const sizes = (await logFiles(directory)).map(async (file) => (await stat(file)).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

describe('forgetting records of a file log', () => {
  it('syncs what the start mark presumes, unless that is on disk already', async () => {
    const log = await openLog(await temporaryDirectory())
    const syncs: number[] = []
    const note = (): unknown => syncs.push(log.stats().syncCount)
    await log.append(records.slice(0, 3), { durability: 'os' })
    await log.truncateBefore(3n)
    note()
    await log.append(records.slice(3, 5), { durability: 'os' })
    await log.truncateBefore(4n)
    note()
    await log.truncateBefore(5n)
    note()
    await log.append(records.slice(5), { durability: 'memory' })
    await log.truncateBefore(7n)
    note()
    await log.append([], disk)
    await log.truncateBefore(8n)
    note()
    expect(syncs).toEqual([1, 1, 2, 3, 3])
    await log.close()
  })

  it('does not take records found at opening for synced ones', async () => {
    const directory = await temporaryDirectory()
    await write(directory, records)
    const log = await openLog(directory)
    await log.append([], disk)
    await log.append([], disk)
    expect(log.stats().syncCount).toBe(1)
    await log.close()
  })

  it('syncs records again that take the numbers of synced ones', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory, tiny)
    await log.append(records.slice(0, 1), disk)
    await log.append(records.slice(1, 2), disk)
    await log.truncateAfter(1n)
    const { syncCount } = log.stats()
    await log.append(testRecords(2n, 1, { salt: 1 }), { durability: 'os' })
    await log.append([], disk)
    expect(log.stats().syncCount).toBeGreaterThan(syncCount)
    await log.close()
  })

  it('counts every log file that is on disk, and leaves at most two too many', async () => {
    const directory = await temporaryDirectory()
    const segmentBytesMax = 500
    const log = await openLog(directory, { segmentBytesMax })
    for (let lsn = 1n; lsn <= 40n; lsn++) {
      await log.append(testRecords(lsn, 1), disk)
      if (lsn % 3n === 0n) await log.truncateBefore(lsn - 4n)
      const { byteLength, firstLsn, lastLsn } = log.stats()
      expect(byteLength).toBe(await bytesOnDisk(directory))
      const liveBytes = Number(lastLsn - firstLsn + 1n) * records[0]!.bytes.length
      expect(byteLength).toBeLessThanOrEqual(liveBytes + 2 * segmentBytesMax)
    }
    await log.close()
  })

  it('leaves out of a reading what goes meanwhile, also in files that stay', async () => {
    const directory = await temporaryDirectory()
    const perFile = { segmentBytesMax: 24 + 3 * records[0]!.bytes.length }
    await write(directory, records, perFile)
    const log = await openLog(directory, perFile)
    const reading = log.read(1n)[Symbol.asyncIterator]()
    expect(await reading.next()).toEqual({ done: false, value: records[0] })
    await log.truncateBefore(5n)
    const rest: unknown[] = []
    for (let next = await reading.next(); next.done !== true; next = await reading.next()) {
      rest.push(next.value)
    }
    expect(rest).toEqual(records.slice(4))
    await log.close()
  })

  it('keeps truncations from both ends and appends in order, not awaited', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory, tiny)
    for (const record of records) await log.append([record], disk)
    const again = testRecords(9n, 2, { salt: 1 })
    await Promise.all([
      log.truncateBefore(9n),
      log.truncateAfter(8n),
      log.append(again.slice(0, 1), disk),
      log.truncateBefore(10n),
      log.truncateAfter(9n),
      log.append(testRecords(10n, 1, { salt: 2 }), disk),
    ])
    await log.close()
    expect(await read(directory)).toEqual(testRecords(10n, 1, { salt: 2 }))
  })
})

/** A log of four records whose next truncation waits for `release`, and then fails. */
async function stuckLog(): Promise<{
  readonly directory: string
  readonly log: WalBackend
  readonly release: () => Promise<void>
}> {
  const directory = await temporaryDirectory()
  const log = await openLog(directory, tiny)
  for (const record of records.slice(0, 4)) await log.append([record], disk)
  // Opening a pipe for writing waits for its reader; syncing it fails.
  const pipe = join(directory, `${MARK}.new`)
  await promisify(execFile)('mkfifo', [pipe])
  const release = async (): Promise<void> => {
    const reader = await open(pipe, 'r')
    await reader.close()
  }
  return { directory, log, release }
}

const failure = { code: 'SLUICE_IO', details: { operation: 'truncate the log' } }
const poisoned = { code: 'SLUICE_POISONED', cause: failure }

describe.skipIf(process.platform === 'win32')('beside a truncation that is stuck', () => {
  it('appends and readings go on, and its failure takes back nothing acknowledged', async () => {
    const { directory, log, release } = await stuckLog()
    const truncation = expect(log.truncateBefore(4n)).rejects.toMatchObject(failure)
    const second = expect(log.truncateBefore(5n)).rejects.toMatchObject(poisoned)
    for (const record of records.slice(4)) await log.append([record], disk)
    expect(await collect(log)).toEqual(records.slice(4))
    const more = testRecords(9n, 30, { payloadBytes: 100_000 })
    const appends = more.map((record) => log.append([record], disk))
    const [outcomes] = await Promise.all([Promise.allSettled(appends), release()])
    await Promise.all([truncation, second])
    const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(log.stats().lastLsn).toBe(BigInt(8 + acknowledged))
    await expect(log.append([], disk)).rejects.toMatchObject(poisoned)
    await log.close()
    const found = await read(directory)
    expect(found.map(({ lsn }) => Number(lsn))).toEqual(found.map((_, i) => i + 1))
    expect(found.length).toBe(8 + acknowledged)
  })

  it('a truncation from the end waits', async () => {
    const { directory, log, release } = await stuckLog()
    const truncation = expect(log.truncateBefore(3n)).rejects.toMatchObject(failure)
    const other = expect(log.truncateAfter(2n)).rejects.toMatchObject(poisoned)
    await release()
    await Promise.all([truncation, other])
    await log.close()
    expect(await read(directory)).toEqual(records.slice(0, 4))
  })
})

describe('a truncation', () => {
  it('that cannot remove a file poisons the log; the file still counts', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory, tiny)
    for (const record of records) await log.append([record], disk)
    const { byteLength } = log.stats()
    const [, second] = (await logFiles(directory)) as [string, string]
    await rename(second, join(directory, 'aside'))
    await mkdir(second)
    await expect(log.truncateBefore(4n)).rejects.toMatchObject({ code: 'SLUICE_IO' })
    expect(log.stats().byteLength).toBe(byteLength - 24 - records[0]!.bytes.length)
    await expect(log.append([], disk)).rejects.toMatchObject(poisoned)
    expect(await collect(log)).toEqual(records.slice(3))
    await log.close()
    await rmdir(second)
    expect(await read(directory)).toEqual(records.slice(3))
    expect(await logFiles(directory)).toHaveLength(5)
  })

  it('is over when the log is closed', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory, tiny)
    for (const record of records) await log.append([record], disk)
    const truncation = log.truncateBefore(8n)
    await log.close()
    expect(await logFiles(directory)).toHaveLength(1)
    await truncation
  })
})
