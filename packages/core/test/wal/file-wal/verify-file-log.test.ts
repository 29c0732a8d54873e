/** Checking the files of a log, open or not: what is wrong is told, and all that is wrong. */

import { appendFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testRecord } from '../../../src/conformance/wal-records.js'
import type { WalProblem } from '../../../src/contract/index.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { fileWal } from '../../../src/wal/file-wal/file-wal.js'
import { FILE_HEADER_BYTES } from '../../../src/wal/file-wal/log-file.js'
import { flipBit } from '../../crash/image.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { logFiles, openLog, write } from './fixture.js'

/** Each knows all before it to be durable. */
const records = Array.from({ length: 12 }, (_, i) =>
  testRecord(BigInt(i + 1), { payloadBytes: 500, durableLsn: BigInt(i) }),
)
const segmentBytesMax = FILE_HEADER_BYTES + 3 * records[0]!.bytes.length

async function verify(directory: string): Promise<readonly WalProblem[]> {
  const context = { directory, readOnly: true, crc32c, warn: () => undefined }
  return (await fileWal().verify?.(context)) ?? []
}

/** Four files of three records. */
async function writtenLog(): Promise<{ directory: string; files: readonly string[] }> {
  const directory = await temporaryDirectory()
  await write(directory, records, { segmentBytesMax })
  const files = await logFiles(directory)
  expect(files).toHaveLength(4)
  return { directory, files }
}

describe('a log that is whole', () => {
  it('has no problems: empty, with records, cut, or torn at its end', async () => {
    expect(await verify(await temporaryDirectory())).toEqual([])
    const { directory, files } = await writtenLog()
    expect(await verify(directory)).toEqual([])
    const log = await openLog(directory)
    await log.truncateBefore(8n)
    expect(await verify(directory)).toEqual([])
    await log.close()
    await appendFile(files[3]!, records[0]!.bytes.subarray(0, 100))
    expect(await verify(directory)).toEqual([])
  })

  it('has none while it grows and is cut', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory, { segmentBytesMax })
    let isOver = false
    const grow = async (): Promise<void> => {
      for (let lsn = 1n; !isOver; lsn++) {
        await log.append([testRecord(lsn, { payloadBytes: 500 })], { durability: 'os' })
        if (lsn % 7n === 0n) await log.truncateBefore(lsn - 2n)
      }
    }
    const growing = grow()
    for (let i = 0; i < 60; i++) expect(await verify(directory)).toEqual([])
    isOver = true
    await growing
    await log.close()
  })
})

describe('damage', () => {
  it('of any byte before the last record is told with its file', async () => {
    const { directory, files } = await writtenLog()
    const place = fc.record({ index: fc.nat(3), share: fc.nat(999) })
    const property = fc.asyncProperty(place, async ({ index, share }) => {
      const file = files[index]!
      const content = await readFile(file)
      // What follows the last record's start may be torn.
      const length = index < 3 ? content.length : content.length - records[0]!.bytes.length
      const offset = Math.floor((length * share) / 1000)
      await flipBit(file, offset)
      const problems = await verify(directory)
      await writeFile(file, content)
      expect(problems.map((problem) => problem.file)).toEqual([file])
      expect(problems[0]?.offset).toBeLessThanOrEqual(offset)
    })
    await fc.assert(property, { numRuns: 60 })
  })

  it('of several files is told of each', async () => {
    const { directory, files } = await writtenLog()
    await flipBit(files[0]!, 100)
    await truncate(files[2]!, 10)
    expect(await verify(directory)).toMatchObject([
      { file: files[0], lsn: 1n },
      { file: files[2], offset: 0, lsn: 7n },
    ])
  })

  it('that removes a file is told where the log breaks off', async () => {
    const { directory, files } = await writtenLog()
    await rm(files[1]!)
    expect(await verify(directory)).toMatchObject([{ file: files[0], lsn: 4n }])
    await rm(files[0]!)
    expect(await verify(directory)).toMatchObject([{ file: files[2], lsn: 1n }])
  })

  it('of the start mark is told', async () => {
    const { directory } = await writtenLog()
    const log = await openLog(directory)
    await log.truncateBefore(8n)
    await log.close()
    const mark = (await logFiles(directory))[0]!.replace(/[^/]*$/, 'first-lsn')
    await flipBit(mark, 9)
    expect(await verify(directory)).toMatchObject([{ file: mark, offset: 0 }])
  })

  it.each([0, 10, 23])(
    'that leaves %i bytes of a file without records is told by reading the open log',
    async (length) => {
      const directory = await temporaryDirectory()
      const log = await openLog(directory)
      await log.append(records, { durability: 'disk' })
      await log.truncateBefore(13n)
      const [file = ''] = await logFiles(directory)
      expect(basename(file)).toBe('00000000000000000013.log')
      const readAll = async (): Promise<void> => {
        for await (const { lsn } of log.read(13n)) expect(lsn).toBe(0n)
      }
      await readAll()
      const aside = `${file}.aside`
      await writeFile(aside, await readFile(file))
      await truncate(file, length)
      await expect(readAll()).rejects.toMatchObject({
        code: 'SLUICE_CORRUPT',
        details: { file, offset: 0 },
      })
      await rename(aside, file)
      await readAll()
      await log.close()
    },
  )
})
