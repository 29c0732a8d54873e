/** What a crash can leave of a truncation, and what it cannot: files lost, or of another log. */

import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testRecords } from '../../../src/conformance/wal-records.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { logFiles, openLog, read, write } from './fixture.js'

const records = testRecords(1n, 8)
/** One record a file. */
const tiny = { segmentBytesMax: 1 }
const disk = { durability: 'disk' } as const
const MARK = 'first-lsn'

function corrupt(details: Readonly<Record<string, unknown>>): unknown {
  return expect.objectContaining({
    code: 'SLUICE_CORRUPT',
    details: expect.objectContaining(details),
  })
}

/** A log of eight files, forgotten up to record 6, and its files as they were before. */
async function truncatedLog(): Promise<{ directory: string; before: Map<string, Buffer> }> {
  const directory = await temporaryDirectory()
  await write(directory, records, tiny)
  const before = new Map<string, Buffer>()
  for (const file of await logFiles(directory)) before.set(file, await readFile(file))
  await truncate(directory, 6n)
  expect(await logFiles(directory)).toEqual([...before.keys()].slice(5))
  return { directory, before }
}

async function truncate(directory: string, lsn: bigint): Promise<void> {
  const log = await openLog(directory, tiny)
  await log.truncateBefore(lsn)
  await log.close()
}

describe('a crash between the steps of forgetting', () => {
  it('may leave any of the files to be removed, and a mark half written', async () => {
    const { directory, before } = await truncatedLog()
    const stale = [...before].slice(0, 5)
    const left = fc.subarray(stale)
    await fc.assert(
      fc.asyncProperty(left, fc.boolean(), async (files, halfMark) => {
        for (const [file, bytes] of files) await writeFile(file, bytes)
        if (halfMark) await writeFile(join(directory, `${MARK}.new`), new Uint8Array(7))
        expect(await read(directory, { readOnly: true })).toEqual(records.slice(5))
        expect(await read(directory)).toEqual(records.slice(5))
        expect(await logFiles(directory)).toHaveLength(3)
      }),
      { numRuns: 20 },
    )
    await truncate(directory, 8n)
    expect(await readdir(directory)).toHaveLength(2)
  })

  it('before the mark is replaced forgets nothing', async () => {
    const { directory, before } = await truncatedLog()
    for (const [file, bytes] of before) await writeFile(file, bytes)
    await rm(join(directory, MARK))
    expect(await read(directory)).toEqual(records)
  })

  it('cannot explain a file missing at the start, or a mark that is older or lost', async () => {
    const { directory, before } = await truncatedLog()
    const mark = join(directory, MARK)
    const [first, second] = (await logFiles(directory)) as [string, string]
    const newer = await readFile(mark)
    await rm(first)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: second, lsn: 6n }))
    await writeFile(first, before.get(first)!)
    await rm(mark)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: first, lsn: 1n }))
    const other = await temporaryDirectory()
    await write(other, records, tiny)
    await truncate(other, 3n)
    await writeFile(mark, await readFile(join(other, MARK)))
    await expect(read(directory)).rejects.toThrow(corrupt({ file: first, lsn: 3n }))
    await writeFile(mark, newer)
    for (const file of await logFiles(directory)) await rm(file)
    await expect(read(directory)).rejects.toThrow(corrupt({ file: directory, lsn: 6n }))
  })
})

describe('a log file of another log', () => {
  async function replaced(file: number, by: Parameters<typeof testRecords>): Promise<string> {
    const directory = await temporaryDirectory()
    const other = await temporaryDirectory()
    await write(directory, testRecords(1n, 8, { epoch: 2 }), tiny)
    const log = await openLog(other, tiny)
    for (const record of testRecords(...by)) await log.append([record], disk)
    await log.close()
    const target = (await logFiles(directory))[file]!
    await writeFile(target, await readFile((await logFiles(other))[file]!))
    return directory
  }

  it('is reported when its epoch falls', async () => {
    const directory = await replaced(3, [1n, 8, { epoch: 1 }])
    await expect(read(directory)).rejects.toThrow(corrupt({ offset: 24, lsn: 4n }))
  })

  it('is reported when the epoch falls behind it', async () => {
    const directory = await replaced(3, [1n, 8, { epoch: 3 }])
    await expect(read(directory)).rejects.toThrow(corrupt({ offset: 24, lsn: 5n }))
  })

  it('is reported when it holds more or fewer records', async () => {
    const { directory, before } = await truncatedLog()
    const other = await temporaryDirectory()
    await write(other, records.slice(0, 6), tiny)
    const log = await openLog(other, tiny)
    await log.append(records.slice(6), disk)
    await log.close()
    const target = [...before.keys()][6]!
    await writeFile(target, await readFile((await logFiles(other))[6]!))
    await expect(read(directory)).rejects.toThrow(corrupt({ file: target, lsn: 9n }))
    await writeFile(target, before.get(target)!.subarray(0, 24))
    await expect(read(directory)).rejects.toThrow(corrupt({ file: target, lsn: 7n }))
  })
})
