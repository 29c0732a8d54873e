import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WalBackend, WalRecord } from '@sluice/core'
import { collect, testRecord, testRecords, walContext } from '@sluice/core/conformance'
import { describe, expect, it } from 'vitest'
import { openEnvironment } from '../src/environment.js'
import { MARK_KEY, partKey } from '../src/keys.js'
import { lmdbWal } from '../src/lmdb-wal.js'
import { temporaryDirectory } from './fixture.js'

const records = testRecords(1n, 6)
const corrupt = (details: Readonly<Record<string, unknown>>): object => ({
  code: 'SLUICE_CORRUPT',
  details: expect.objectContaining(details),
})

function openLog(directory: string, mapBytes = 2 ** 30): Promise<WalBackend> {
  return lmdbWal({ mapBytes }).open(walContext(directory))
}

async function write(directory: string, list: readonly WalRecord[]): Promise<void> {
  const log = await openLog(directory)
  await log.append(list, { durability: 'disk' })
  await log.close()
}

/** Changes the database behind the log's back. */
async function tamper(
  directory: string,
  change: (database: ReturnType<typeof openEnvironment>) => Promise<boolean>,
): Promise<void> {
  const database = openEnvironment(directory, { mapBytes: 2 ** 30, readOnly: false })
  await change(database)
  await database.close()
}

describe('lmdbWal', () => {
  it('commits appends that come together in one transaction', async () => {
    const log = await openLog(await temporaryDirectory())
    const many = testRecords(1n, 400)
    await Promise.all(many.map((record) => log.append([record], { durability: 'disk' })))
    expect(log.stats().syncCount).toBe(1)
    await log.append(testRecords(401n, 3), { durability: 'disk' })
    expect(log.stats().syncCount).toBe(2)
    await log.close()
  })

  it('goes on when it outgrows the address space it reserved', async () => {
    const directory = await temporaryDirectory()
    const log = await openLog(directory, 1024 * 1024)
    const large = testRecords(1n, 5, { payloadBytes: 3 * 1024 * 1024 })
    for (const record of large) await log.append([record], { durability: 'disk' })
    await log.close()
    const again = await openLog(directory, 1024 * 1024)
    const found = (await collect(again)).map(({ bytes }) => bytes)
    expect(Buffer.concat(found).equals(Buffer.concat(large.map(({ bytes }) => bytes)))).toBe(true)
    await again.close()
  })

  it('takes records of many parts, and forgets them whole', async () => {
    const directory = await temporaryDirectory()
    const large = testRecords(1n, 3, { payloadBytes: 2_500_000 })
    await write(directory, large)
    const log = await openLog(directory)
    await log.truncateAfter(2n)
    await log.truncateBefore(2n)
    const [kept] = await collect(log)
    expect(Buffer.compare(kept!.bytes, large[1]!.bytes)).toBe(0)
    await log.close()
    let keys: number | undefined
    await tamper(directory, async (database) => {
      keys = database.getKeysCount()
      return true
    })
    expect(keys).toBe(4)
  })

  it('uses the space of forgotten records again', async () => {
    const log = await openLog(await temporaryDirectory())
    const sizes: number[] = []
    for (let lsn = 1n; lsn <= 60n; lsn++) {
      await log.append([testRecord(lsn, { payloadBytes: 100_000 })], { durability: 'disk' })
      await log.truncateBefore(lsn - 3n)
      sizes.push(log.stats().byteLength)
    }
    expect(sizes[59]).toBeLessThan(2 * sizes[9]!)
    await log.close()
  })

  it('ends a truncation that a crash interrupted', async () => {
    const directory = await temporaryDirectory()
    await write(directory, records)
    const log = await openLog(directory)
    await log.truncateBefore(4n)
    await log.close()
    await tamper(directory, (database) => database.put(partKey(2n), Buffer.from('left over')))
    const again = await openLog(directory)
    expect(await collect(again)).toEqual(records.slice(3))
    await again.close()
    await tamper(directory, async (database) => {
      expect(database.get(partKey(2n))).toBeUndefined()
      return true
    })
  })

  it('reports records that are missing, damaged or in the wrong place', async () => {
    const file = expect.stringContaining('data.mdb')
    const damages: readonly [Parameters<typeof tamper>[1], bigint][] = [
      [(database) => database.remove(partKey(3n)), 3n],
      [(database) => database.put(partKey(3n), Buffer.from(records[3]!.bytes)), 3n],
      [(database) => database.put(partKey(3n), Buffer.from(records[2]!.bytes.subarray(1))), 3n],
      [(database) => database.put(partKey(3n, 1), Buffer.from('more')), 3n],
      [(database) => database.put(partKey(6n), Buffer.from(records[5]!.bytes.subarray(0, 60))), 6n],
      [(database) => database.remove(partKey(1n)), 1n],
      [(database) => database.remove(MARK_KEY), 1n],
    ]
    for (const [damage, lsn] of damages) {
      const directory = await temporaryDirectory()
      await write(directory, records)
      await tamper(directory, damage)
      const reading = openLog(directory).then(async (log) => {
        try {
          return await collect(log)
        } finally {
          await log.close()
        }
      })
      await expect(reading).rejects.toMatchObject(corrupt({ file, lsn }))
    }
  })

  it('reports changed bytes in the file, and never returns them as data', async () => {
    const directory = await temporaryDirectory()
    await write(directory, testRecords(1n, 3, { payloadBytes: 50_000 }))
    const path = join(directory, 'data.mdb')
    const bytes = await readFile(path)
    const at = bytes.lastIndexOf('SLWR') + 20_000
    bytes[at]! ^= 1
    await writeFile(path, bytes)
    const log = await openLog(directory)
    await expect(collect(log)).rejects.toMatchObject(corrupt({ lsn: expect.any(BigInt) }))
    await log.close()
  })

  it('changes nothing when read-only, and may find nothing', async () => {
    const directory = await temporaryDirectory()
    const readOnly = walContext(directory, { readOnly: true })
    const empty = await lmdbWal().open(readOnly)
    expect(await collect(empty)).toEqual([])
    await empty.close()
    expect(await readdir(directory)).toEqual([])
    await write(directory, records)
    const before = await readFile(join(directory, 'data.mdb'))
    const log = await lmdbWal().open(readOnly)
    expect(await collect(log)).toEqual(records)
    const refusal = { code: 'SLUICE_READ_ONLY' }
    const append = log.append([testRecord(7n)], { durability: 'disk' })
    await expect(append).rejects.toMatchObject(refusal)
    await expect(log.truncateBefore(3n)).rejects.toMatchObject(refusal)
    await log.close()
    expect((await readFile(join(directory, 'data.mdb'))).equals(before)).toBe(true)
  })

  it('opens only with a directory that is there, and a sensible map size', async () => {
    const invalid = { code: 'SLUICE_INVALID_ARGUMENT' }
    await expect(lmdbWal().open(walContext(undefined))).rejects.toMatchObject(invalid)
    for (const mapBytes of [0, -1, 1000, 2 ** 20 + 0.5, Number.NaN]) {
      expect(() => lmdbWal({ mapBytes })).toThrow(expect.objectContaining(invalid))
    }
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'data.mdb'))
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'SLUICE_IO' })
  })

  it('refuses a file that is none of LMDB, and leaves it alone', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'data.mdb')
    for (const content of [Buffer.alloc(8192), Buffer.from('hello'), Buffer.alloc(0)]) {
      await writeFile(path, content)
      await expect(openLog(directory)).rejects.toMatchObject(corrupt({ file: path }))
      expect((await readFile(path)).equals(content)).toBe(true)
    }
  })

  it('refuses the file of another database, but does not mind a damaged lock file', async () => {
    const directory = await temporaryDirectory()
    await write(directory, records)
    await writeFile(join(directory, 'data.mdb-lock'), Buffer.alloc(20_000, 0xa5))
    const log = await openLog(directory)
    expect(await collect(log)).toEqual(records)
    await log.close()
    await tamper(directory, (database) => database.put(Buffer.from('key'), Buffer.from('value')))
    await expect(openLog(directory)).rejects.toMatchObject(
      corrupt({ file: join(directory, 'data.mdb') }),
    )
  })

  it('begins anew where a crash left a log half created', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'new'))
    await writeFile(join(directory, 'new', 'data.mdb'), Buffer.alloc(4096))
    await write(directory, records)
    expect((await readdir(directory)).sort()).toEqual(['data.mdb', 'data.mdb-lock'])
    const log = await openLog(directory)
    expect(await collect(log)).toEqual(records)
    await log.close()
  })
})
