/**
 * The file of a log that is cut every now and then stays bounded, however long it goes on. By hand,
 * for longer: SLUICE_LMDB_SOAK_RECORDS=60000.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32c, type WalBackend, type WalRecord } from '@sluice/core'
import { collect, testRecord, walContext } from '@sluice/core/conformance'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { dataFile } from '../src/environment.js'
import { checkFile } from '../src/file-check/check-file.js'
import { lmdbWal } from '../src/lmdb-wal.js'
import { temporaryDirectory } from './fixture.js'

const RECORD_COUNT = Number(process.env['SLUICE_LMDB_SOAK_RECORDS'] ?? '700')
const HOLDER = fileURLToPath(new URL('programs/holder.mjs', import.meta.url))
const MIB = 1024 * 1024
const CUT_EVERY_BYTES = (RECORD_COUNT < 10_000 ? 12 : 32) * MIB
const disk = { durability: 'disk' } as const

/** From 100 B to 3 MB, all magnitudes alike. */
const TEMPLATES = Array.from({ length: 60 }, (_, i) =>
  testRecord(1n, { payloadBytes: Math.round(100 * 30_000 ** (i / 59)) }),
)

/** A record of one of the sizes, numbered and summed anew. */
function soakRecord(lsn: bigint): WalRecord {
  const template = TEMPLATES[Number((lsn * 2_654_435_761n) % 4_294_967_296n) % TEMPLATES.length]!
  const bytes = template.bytes.slice()
  const view = new DataView(bytes.buffer)
  view.setBigUint64(8, lsn, true)
  view.setUint32(44, crc32c(bytes.subarray(48), crc32c(bytes.subarray(0, 44))), true)
  return { lsn, bytes }
}

function openLog(directory: string): Promise<WalBackend> {
  return lmdbWal().open(walContext(directory, { crc32c }))
}

it('keeps the file within 1.5 times what it has to hold, whatever was written before', {
  timeout: 60_000 + RECORD_COUNT * 100,
}, async () => {
  const directory = await temporaryDirectory()
  let log = await openLog(directory)
  /** Where the log ended at the last cut: it is kept from there on, as of two checkpoints. */
  let first = 1n
  let next = 1n
  const sizes = new Map<bigint, number>()
  let [lsn, liveBytes, peakBytes, sinceCut, cuts] = [1n, 0, 0, 0, 0]
  while (lsn <= RECORD_COUNT) {
    const records = Array.from({ length: 1 + Number(lsn % 5n) }, (_, i) =>
      soakRecord(lsn + BigInt(i)),
    )
    await log.append(records, disk)
    lsn += BigInt(records.length)
    for (const record of records) sizes.set(record.lsn, record.bytes.length)
    const byteLength = records.reduce((sum, { bytes }) => sum + bytes.length, 0)
    liveBytes += byteLength
    sinceCut += byteLength
    peakBytes = Math.max(peakBytes, liveBytes)
    if (sinceCut < CUT_EVERY_BYTES) continue
    sinceCut = 0
    first = next
    next = lsn
    await log.truncateBefore(first)
    for (const old of sizes.keys()) {
      if (old >= first) break
      liveBytes -= sizes.get(old) ?? 0
      sizes.delete(old)
    }
    cuts += 1
    expect(log.stats().byteLength).toBeLessThan(1.5 * peakBytes + 4 * MIB)
    if (cuts % 4 !== 0) continue
    await log.close()
    log = await openLog(directory)
  }
  expect(cuts).toBeGreaterThan(8)
  const { firstLsn } = log.stats()
  expect((await collect(log)).map((record) => record.lsn)).toEqual(
    Array.from({ length: Number(lsn - firstLsn) }, (_, i) => firstLsn + BigInt(i)),
  )
  await log.close()
  await checkFile(dataFile(directory))
})

describe('a reader that died', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('lets the file grow until the next check for dead readers', async () => {
    // Only the interval of that check; all else runs on real time.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const directory = await temporaryDirectory()
    const log = await openLog(directory)
    let lsn = 0n
    /** Bytes that the file grows by in some rounds. */
    const grown = async (): Promise<number> => {
      const before = log.stats().byteLength
      for (let round = 0; round < 20; round++) {
        lsn += 1n
        await log.append([testRecord(lsn, { payloadBytes: 300_000 })], disk)
        await log.truncateBefore(lsn - 2n)
      }
      return log.stats().byteLength - before
    }
    await grown()
    expect(await grown()).toBeLessThan(MIB)
    const holder = spawn(process.execPath, [HOLDER, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    expect(await grown()).toBeGreaterThan(4 * MIB)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(await grown()).toBeGreaterThan(4 * MIB)
    vi.advanceTimersByTime(60_000)
    await grown()
    expect(await grown()).toBeLessThan(MIB)
    await log.close()
    await checkFile(join(directory, 'data.mdb'))
  })
})
