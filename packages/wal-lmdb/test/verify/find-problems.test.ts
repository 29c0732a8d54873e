import { crc32c, type WalRecord } from '@sluice/core'
import { testRecords, walContext } from '@sluice/core/conformance'
import { expect, it } from 'vitest'
import { type LogDatabase, openEnvironment } from '../../src/environment.js'
import { MARK_KEY, partKey } from '../../src/keys.js'
import { lmdbWal } from '../../src/lmdb-wal.js'
import { findProblems } from '../../src/verify/find-problems.js'
import { temporaryDirectory } from '../fixture.js'

const MAP_BYTES = 2 ** 30

async function directoryOf(
  records: readonly WalRecord[],
  change: (database: LogDatabase) => Promise<boolean>,
): Promise<string> {
  const directory = await temporaryDirectory()
  const log = await lmdbWal().open(walContext(directory))
  await log.append(records, { durability: 'disk' })
  await log.close()
  const database = openEnvironment(directory, { mapBytes: MAP_BYTES, readOnly: false })
  await change(database)
  await database.close()
  return directory
}

it('goes on after a bad record, and lists all of them', async () => {
  const records = testRecords(1n, 40)
  const directory = await directoryOf(records, (database) => {
    void database.remove(partKey(5n))
    void database.put(partKey(11n, 1), Buffer.from('more'))
    return database.put(partKey(30n), Buffer.from(records[30]!.bytes))
  })
  const problems = await findProblems(directory, MAP_BYTES, crc32c)
  expect(problems.map(({ lsn }) => lsn)).toEqual([5n, 11n, 30n])
})

it('ends a list of problems that has no end', async () => {
  const directory = await directoryOf(testRecords(1n, 300), (database) => {
    const bad = Array.from({ length: 299 }, (_, i) =>
      database.put(partKey(BigInt(i + 1)), Buffer.from('bad')),
    )
    return bad.at(-1)!
  })
  expect(await findProblems(directory, MAP_BYTES, crc32c)).toHaveLength(100)
})

it.each([
  ['the mark', MARK_KEY],
  ['the first record', partKey(1n)],
])('misses %s', async (_, key) => {
  const directory = await directoryOf(testRecords(1n, 3), (database) => database.remove(key))
  const problems = await findProblems(directory, MAP_BYTES, crc32c)
  expect(problems).toEqual([{ file: expect.any(String), lsn: 1n, problem: expect.any(String) }])
})
