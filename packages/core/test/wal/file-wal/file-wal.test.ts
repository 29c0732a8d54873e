import { mkdir, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { walContext } from '../../../src/conformance/wal-context.js'
import { collect, testRecord, testRecords } from '../../../src/conformance/wal-records.js'
import { fileWal } from '../../../src/wal/file-wal/file-wal.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { logFiles, openLog, read, write } from './fixture.js'

const records = testRecords(1n, 6)

describe('fileWal', () => {
  it('keeps records at memory back until a stronger append or a reading takes them', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory)
    const [file] = (await logFiles(directory)) as [string]
    const sizes: number[] = []
    const measure = async (): Promise<void> => void sizes.push((await stat(file)).size)
    await log.append(records.slice(0, 1), { durability: 'memory' })
    await measure()
    await log.append(records.slice(1, 2), { durability: 'os' })
    await measure()
    await log.append(records.slice(2, 3), { durability: 'memory' })
    await log.append([], { durability: 'disk' })
    await measure()
    await log.append(records.slice(3, 4), { durability: 'memory' })
    expect(await collect(log)).toEqual(records.slice(0, 4))
    await measure()
    const { length } = records[0]!.bytes
    expect(sizes).toEqual([24, 24 + 2 * length, 24 + 3 * length, 24 + 4 * length])
    await log.close()
  })

  it('holds back no more than a bounded number of bytes', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory)
    const [file] = (await logFiles(directory)) as [string]
    const large = testRecords(1n, 3, { payloadBytes: 600 * 1024 })
    for (const record of large) await log.append([record], { durability: 'memory' })
    expect((await stat(file)).size).toBeGreaterThan(1024 * 1024)
    await log.close()
    const found = (await read(directory)).map(({ bytes }) => bytes)
    expect(Buffer.concat(found).equals(Buffer.concat(large.map(({ bytes }) => bytes)))).toBe(true)
  })

  it('syncs once for each append at disk, and not at all below', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory)
    await log.append(records.slice(0, 1), { durability: 'os' })
    await log.append(records.slice(1, 2), { durability: 'memory' })
    expect(log.stats().syncCount).toBe(0)
    await log.append(records.slice(2, 4), { durability: 'disk' })
    await log.append(records.slice(4), { durability: 'disk' })
    await log.append([], { durability: 'disk' })
    expect(log.stats().syncCount).toBe(2)
    await log.close()
  })

  it('begins a new file at segmentBytesMax and frees whole files', async () => {
    const directory = await temporaryDirectory()
    const { length } = records[0]!.bytes
    const log = await openLog(directory, { segmentBytesMax: 24 + 2 * length })
    for (const record of records) await log.append([record], { durability: 'disk' })
    const names = ['1', '3', '5'].map((lsn) => join(directory, `${lsn.padStart(20, '0')}.log`))
    expect(await logFiles(directory)).toEqual(names)
    await log.truncateBefore(4n)
    expect(await logFiles(directory)).toEqual(names.slice(1))
    expect(await collect(log)).toEqual(records.slice(3))
    await log.truncateBefore(7n)
    expect(await logFiles(directory)).toEqual([join(directory, '00000000000000000007.log')])
    expect(log.stats()).toMatchObject({ firstLsn: 7n, lastLsn: 6n, byteLength: 24 })
    await log.close()
  })

  it('keeps the records of one call together in one file', async () => {
    const directory = await temporaryDirectory()
    await write(directory, records.slice(0, 1), { segmentBytesMax: 300 })
    const log = await openLog(directory, { segmentBytesMax: 300 })
    await log.append(records.slice(1), { durability: 'disk' })
    await log.close()
    expect(await logFiles(directory)).toHaveLength(2)
  })

  it('refuses all writes after one failed, and recovers when the cause is gone', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory, { segmentBytesMax: 1 })
    await log.append(records.slice(0, 1), { durability: 'disk' })
    // A directory stands where the next file has to be created.
    const obstacle = join(directory, '00000000000000000002.log')
    await mkdir(obstacle)
    const append = log.append(records.slice(1, 2), { durability: 'disk' })
    const meanwhile = log.append(records.slice(2, 3), { durability: 'disk' })
    const failure = { code: 'SLUICE_IO', details: { errno: 'EISDIR' } }
    await expect(append).rejects.toMatchObject(failure)
    const poisoned = { code: 'SLUICE_POISONED', cause: failure }
    await expect(meanwhile).rejects.toMatchObject(poisoned)
    const later = log.append([testRecord(2n)], { durability: 'memory' })
    await expect(later).rejects.toMatchObject(poisoned)
    await expect(log.truncateBefore(2n)).rejects.toMatchObject(poisoned)
    expect(log.stats()).toMatchObject({ firstLsn: 1n, lastLsn: 1n })
    expect(await collect(log)).toEqual(records.slice(0, 1))
    await log.close()
    await rmdir(obstacle)
    await write(directory, records.slice(1))
    expect(await read(directory)).toEqual(records)
  })

  it('opens only with a directory, and only with a sensible file size', async () => {
    const invalid = { code: 'SLUICE_INVALID_ARGUMENT' }
    await expect(fileWal().open(walContext(undefined))).rejects.toMatchObject(invalid)
    for (const segmentBytesMax of [0, -1, 1.5, Number.NaN]) {
      expect(() => fileWal({ segmentBytesMax })).toThrow(expect.objectContaining(invalid))
    }
    const missing = fileWal().open(walContext('/nonexistent/of/sluice'))
    await expect(missing).rejects.toMatchObject({ code: 'SLUICE_IO', details: { errno: 'ENOENT' } })
  })
})
