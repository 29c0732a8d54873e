import { copyFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testRecord, testRecords } from '../../../src/conformance/wal-records.js'
import type { WalRecord } from '../../../src/contract/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { logFiles, openLog, read, type Warning, write } from './fixture.js'

const corrupt = (details: Readonly<Record<string, unknown>>): unknown =>
  expect.objectContaining({
    code: 'SLUICE_CORRUPT',
    details: expect.objectContaining(details),
  })

/** Records that each know all before them to be durable, as a database at `disk` writes them. */
function durableRecords(count: number): WalRecord[] {
  return Array.from({ length: count }, (_, i) =>
    testRecord(BigInt(i + 1), { durableLsn: BigInt(i) }),
  )
}

/** Records written at `os`: nothing is known to be durable. */
const loose = testRecords(1n, 5)

/** Where each record of the only file starts, and where the last one ends. */
function offsets(records: readonly WalRecord[]): number[] {
  let at = 24
  return [at, ...records.map(({ bytes }) => (at += bytes.length))]
}

describe('recovery of a file log', () => {
  it('cuts a torn last write wherever the crash came, with a warning, and goes on', async () => {
    const directory = await temporaryDirectory()
    await write(directory, loose)
    const [file] = (await logFiles(directory)) as [string]
    const whole = await readFile(file)
    const ends = offsets(loose)
    for (let length = ends[3]! + 1; length < ends[5]!; length += 7) {
      await writeFile(file, whole.subarray(0, length))
      const kept = length < ends[4]! ? 3 : 4
      const warnings: Warning[] = []
      expect(await read(directory, { warnings })).toEqual(loose.slice(0, kept))
      const torn = length > ends[kept]!
      expect(warnings.map(({ details }) => details?.['lsn'])).toEqual(
        torn ? [BigInt(kept + 1)] : [],
      )
      expect((await stat(file)).size).toBe(ends[kept])
      await write(directory, [testRecord(BigInt(kept + 1), { salt: 1 })])
      expect(await read(directory)).toHaveLength(kept + 1)
    }
  })

  it('cuts rubbish behind the last record', async () => {
    const directory = await temporaryDirectory()
    await write(directory, loose)
    const [file] = (await logFiles(directory)) as [string]
    const whole = await readFile(file)
    for (const rubbish of [
      new Uint8Array(4096),
      new Uint8Array(100).fill(0xa5),
      Buffer.from('SLWR'),
    ]) {
      await writeFile(file, Buffer.concat([whole, rubbish]))
      const warnings: Warning[] = []
      expect(await read(directory, { warnings })).toEqual(loose)
      expect(warnings).toMatchObject([{ code: 'SLUICE_WARN_LOG_TORN' }])
    }
  })

  it('cuts what is behind a hole, but reports a hole in what was known durable', async () => {
    const directory = await temporaryDirectory()
    for (const records of [loose, durableRecords(5)]) {
      await write(directory, records)
      const [file] = (await logFiles(directory)) as [string]
      const bytes = await readFile(file)
      const hole = offsets(records)[2]!
      bytes.fill(0, hole, hole + 60)
      await writeFile(file, bytes)
      if (records === loose) {
        expect(await read(directory, { warnings: [] })).toEqual(loose.slice(0, 2))
      } else {
        await expect(read(directory)).rejects.toThrow(corrupt({ file, offset: hole, lsn: 3n }))
      }
      await rm(file)
    }
  })

  it('reports or cuts any changed byte, and never returns it as data', async () => {
    const directory = await temporaryDirectory()
    const records = durableRecords(6)
    await write(directory, records)
    const [file] = (await logFiles(directory)) as [string]
    const whole = await readFile(file)
    const last = offsets(records)[5]!
    const bytes = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(bytes, async ([at, by]) => {
        const changed = Buffer.from(whole)
        changed[at]! ^= by
        await writeFile(file, changed)
        const reading = read(directory, { warnings: [] })
        // A changed version byte could be a later release's record: refused, never cut.
        if (at < last || at === last + 4)
          await expect(reading).rejects.toThrow(/damaged|version|missing|stands/)
        else expect(await reading).toEqual(records.slice(0, 5))
      }),
    )
  })

  it('reports a damaged, short, missing or repeated file in the middle', async () => {
    const directory = await temporaryDirectory()
    await write(directory, loose, { segmentBytesMax: 1 })
    const files = await logFiles(directory)
    expect(files).toHaveLength(5)
    const [first, second, third] = files as [string, string, string]
    const whole = await readFile(second)
    await truncate(second, whole.length - 1)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: second, offset: 24, lsn: 2n }))
    await truncate(second, 24)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: second, lsn: 2n }))
    await rm(second)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: first, lsn: 2n }))
    await copyFile(third, second)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: second, offset: 0, lsn: 2n }))
    await writeFile(second, whole)
    expect(await read(directory)).toEqual(loose)
    await rm(first)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: second, lsn: 1n }))
  })

  it('finishes the creation of a last file that a crash cut short', async () => {
    const directory = await temporaryDirectory()
    await write(directory, loose, { segmentBytesMax: 1 })
    for (const byteLength of [0, 5, 24]) {
      await writeFile(join(directory, '00000000000000000006.log'), new Uint8Array(byteLength))
      const readOnly: Warning[] = []
      expect(await read(directory, { warnings: readOnly, readOnly: true })).toEqual(loose)
      const warnings: Warning[] = []
      expect(await read(directory, { warnings })).toEqual(loose)
      expect([readOnly, warnings].map(({ length }) => length)).toEqual([1, 1])
      expect(await read(directory)).toEqual(loose)
    }
    await write(directory, [testRecord(6n)])
    expect(await read(directory)).toHaveLength(6)
  })

  it('finishes a truncation that a crash interrupted', async () => {
    const directory = await temporaryDirectory()
    await write(directory, loose, { segmentBytesMax: 1 })
    const [first, second] = (await logFiles(directory)) as [string, string]
    const removed = await readFile(first)
    const log = await openLog(directory, { segmentBytesMax: 1 })
    await log.truncateBefore(4n)
    await log.close()
    // The mark is there and so are some files below it, even with a gap between them.
    await writeFile(first, removed)
    expect(await read(directory, { readOnly: true })).toEqual(loose.slice(3))
    expect(await logFiles(directory)).toContain(first)
    expect(await read(directory)).toEqual(loose.slice(3))
    expect(await logFiles(directory)).not.toContain(first)
    expect(await logFiles(directory)).not.toContain(second)
  })

  it('reports a damaged start mark and files that lack what it promises', async () => {
    const directory = await temporaryDirectory()
    await write(directory, loose)
    const log = await openLog(directory)
    await log.truncateBefore(3n)
    await log.close()
    const mark = join(directory, 'first-lsn')
    const whole = await readFile(mark)
    for (const bytes of [
      whole.subarray(1),
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.alloc(20),
    ]) {
      await writeFile(mark, bytes)
      await expect(read(directory)).rejects.toThrow(corrupt({ file: mark }))
    }
    await writeFile(mark, whole)
    const [file] = (await logFiles(directory)) as [string]
    await truncate(file, offsets(loose)[1]!)
    await expect(read(directory)).rejects.toThrow(corrupt({ file, lsn: 2n }))
    await rm(file)
    await expect(read(directory)).rejects.toThrow(corrupt({ lsn: 3n }))
  })

  it('reports an epoch that falls', async () => {
    const directory = await temporaryDirectory()
    await write(directory, [testRecord(1n, { epoch: 2 }), testRecord(2n, { epoch: 1 })])
    await expect(read(directory)).rejects.toThrow(corrupt({ lsn: 2n }))
  })

  it('refuses a later version instead of cutting it', async () => {
    const directory = await temporaryDirectory()
    await write(directory, loose)
    const [file] = (await logFiles(directory)) as [string]
    const whole = await readFile(file)
    for (const at of [4, offsets(loose)[4]! + 4]) {
      const changed = Buffer.from(whole)
      changed[at] = 9
      await writeFile(file, changed)
      const unsupported = expect.objectContaining({ code: 'SLUICE_UNSUPPORTED_FORMAT' })
      await expect(read(directory)).rejects.toThrow(unsupported)
      expect((await readFile(file)).equals(changed)).toBe(true)
    }
  })

  it('changes nothing when read-only', async () => {
    const directory = await temporaryDirectory()
    expect(await read(directory, { readOnly: true })).toEqual([])
    expect(await logFiles(directory)).toEqual([])
    await write(directory, loose)
    const [file] = (await logFiles(directory)) as [string]
    await truncate(file, offsets(loose)[5]! - 1)
    const torn = await readFile(file)
    const warnings: Warning[] = []
    const log = await openLog(directory, { readOnly: true, warnings })
    const readOnly = expect.objectContaining({ code: 'SLUICE_READ_ONLY' })
    await expect(log.append([testRecord(5n)], { durability: 'disk' })).rejects.toThrow(readOnly)
    await expect(log.truncateAfter(1n)).rejects.toThrow(readOnly)
    await log.close()
    expect(warnings).toHaveLength(1)
    expect((await readFile(file)).equals(torn)).toBe(true)
  })
})
