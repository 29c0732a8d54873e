/**
 * Every file of a log, damaged in every way: what is not reported is a torn end, cut where nothing
 * durable follows. Records that are read are always the ones that were written, from the start on.
 */

import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testRecord } from '../../../src/conformance/wal-records.js'
import { CorruptionError } from '../../../src/errors.js'
import { FILE_HEADER_BYTES } from '../../../src/wal/file-wal/log-file.js'
import { logFiles, openLog, read, write } from './fixture.js'

const MARK = 'first-lsn'
const FIRST_LSN = 5n
const RECORDS_PER_FILE = 3
/** Each knows all before it to be durable; larger than a page. */
const records = Array.from({ length: 15 }, (_, i) =>
  testRecord(BigInt(i + 1), { payloadBytes: 5000, durableLsn: BigInt(i) }),
)
const { length: recordBytes } = records[0]!.bytes
const segmentBytesMax = FILE_HEADER_BYTES + RECORDS_PER_FILE * recordBytes

/** Names of the files, oldest first, and what is in them. */
const files = new Map<string, Buffer>()
let pristine = ''

beforeAll(async () => {
  pristine = await mkdtemp(join(tmpdir(), 'sluice-'))
  await write(pristine, records, { segmentBytesMax })
  const log = await openLog(pristine)
  await log.truncateBefore(FIRST_LSN)
  await log.close()
  for (const path of await logFiles(pristine)) files.set(basename(path), await readFile(path))
  files.set(MARK, await readFile(join(pristine, MARK)))
  expect([...files.keys()].length).toBe(5)
})

afterAll(() => rm(pristine, { recursive: true }))

const whole = records.slice(Number(FIRST_LSN) - 1)
const lastFile = (): string => [...files.keys()].at(-2)!

/** What came of reading: how many records, all as they were written, or why not. */
type Outcome = number | string

/** Reads a copy with one file changed. */
async function outcomeOf(name: string, bytes: Uint8Array): Promise<Outcome> {
  return outcomeAfter((directory) => writeFile(join(directory, name), bytes))
}

async function outcomeAfter(damage: (directory: string) => Promise<void>): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-'))
  try {
    await cp(pristine, directory, { recursive: true })
    await damage(directory)
    const found = await read(directory, { warnings: [] })
    for (const [i, { lsn, bytes }] of found.entries()) {
      expect([lsn, Buffer.compare(bytes, whole[i]!.bytes)]).toEqual([whole[i]!.lsn, 0])
    }
    return found.length
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error
    expect(error.details).toMatchObject({ file: expect.stringContaining(directory) })
    return error.code
  } finally {
    await rm(directory, { recursive: true })
  }
}

describe('damage to a file log', () => {
  it('of any bit of a header or of the start mark is reported', async () => {
    for (const [name, bytes] of files) {
      const headerBytes = name === MARK ? bytes.length : FILE_HEADER_BYTES
      for (let at = 0; at < headerBytes; at++) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= 1 << (at % 8)
        const version = at === 4 ? 'SLUICE_UNSUPPORTED_FORMAT' : 'SLUICE_CORRUPT'
        expect([name, at, await outcomeOf(name, changed)]).toEqual([name, at, version])
      }
    }
  })

  it('of any byte is reported, but for the last record, which is cut', async () => {
    const place = fc.tuple(
      fc.constantFrom(...files.keys()),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    const property = fc.asyncProperty(
      place,
      fc.integer({ min: 1, max: 255 }),
      async (where, by) => {
        const [name, share] = where
        const changed = Buffer.from(files.get(name)!)
        const at = Math.floor(share * (changed.length - 1))
        changed[at]! ^= by
        const outcome = await outcomeOf(name, changed)
        const inLastRecord = name === lastFile() && at >= changed.length - recordBytes
        if (typeof outcome === 'number')
          expect([inLastRecord, outcome]).toEqual([true, whole.length - 1])
        // Another version in the last record is not cut either.
        else if (inLastRecord) expect(outcome).toBe('SLUICE_UNSUPPORTED_FORMAT')
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })

  it('by cutting is reported, but for the last file, whose end may be a torn write', async () => {
    for (const [name, bytes] of files) {
      const step = name === MARK ? 1 : 997
      for (let length = 0; length < bytes.length; length += step) {
        const outcome = await outcomeOf(name, bytes.subarray(0, length))
        const recordCount = Math.max(0, Math.floor((length - FILE_HEADER_BYTES) / recordBytes))
        const kept = whole.length - RECORDS_PER_FILE + recordCount
        const expected = name === lastFile() ? kept : 'SLUICE_CORRUPT'
        expect([name, length, outcome]).toEqual([name, length, expected])
      }
    }
  })

  it('by zeros over 4 KiB is reported, but for what nothing durable follows', async () => {
    for (const [name, bytes] of files) {
      for (let at = 0; at < bytes.length; at += 4096) {
        const changed = Buffer.from(bytes)
        changed.subarray(at, at + 4096).fill(0)
        const outcome = await outcomeOf(name, changed)
        const first = Math.floor((at - FILE_HEADER_BYTES) / recordBytes)
        const next = Math.floor((at + 4096 - FILE_HEADER_BYTES) / recordBytes)
        const last = RECORDS_PER_FILE - 1
        const torn = name === lastFile() && (first === last || (first === last - 1 && next >= last))
        const expected = torn ? whole.length - (RECORDS_PER_FILE - first) : 'SLUICE_CORRUPT'
        expect([name, at, outcome]).toEqual([name, at, expected])
      }
    }
  })

  it('by exchanging, losing or doubling files is reported', async () => {
    const names = [...files.keys()]
    for (const one of names) {
      for (const other of names.filter((name) => name !== one)) {
        expect([one, other, await outcomeAfter((copy) => exchange(copy, one, other))]).toEqual([
          one,
          other,
          'SLUICE_CORRUPT',
        ])
        // As short as the mark, a last file is one whose creation was cut short.
        if (one === lastFile() && other === MARK) continue
        const outcome = await outcomeOf(one, files.get(other)!)
        expect([one, other, outcome]).toEqual([one, other, 'SLUICE_CORRUPT'])
      }
      if (one === lastFile()) continue
      const outcome = await outcomeAfter((copy) => rm(join(copy, one)))
      expect([one, outcome]).toEqual([one, 'SLUICE_CORRUPT'])
    }
  })
})

async function exchange(directory: string, one: string, other: string): Promise<void> {
  const aside = join(directory, 'aside')
  await rename(join(directory, one), aside)
  await rename(join(directory, other), join(directory, one))
  await rename(aside, join(directory, other))
}
