/** Opened with `readOnly`, a database answers and changes nothing at all. */

import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild } from './child-process.js'
import { contentsOf, listingOf } from './image.js'
import type { PlannedOperation } from './plan.js'
import { batchOf, SCHEMA } from './rows.mjs'

const UPSERT: PlannedOperation = {
  number: 0,
  kind: 'upsert',
  durability: 'disk',
  inFlightMax: 1,
  firstKey: 0,
  keyCount: 20,
  keyStep: 1,
}

/** The directory of a writer that was killed with rows in the log only. */
async function killedWriter(wal: string): Promise<string> {
  const directory = await temporaryDirectory()
  const operations = [UPSERT, { ...UPSERT, number: 1, firstKey: 10, keyCount: 900 }]
  const failpoint = { point: 'after append', count: 3 }
  const work = { directory, wal, idKind: 'u64', operations, failpoint }
  const { signal } = await runChild({ script: 'kill-child.mjs', work })
  expect(signal).toBe('SIGKILL')
  return directory
}

describe.each([
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const)('a database opened to be read only, on the %s WAL', (wal, createWal) => {
  it('answers as ever after a crash and changes no byte', async () => {
    const path = await killedWriter(wal)
    if (wal === 'file') await appendFile(join(path, 'wal', '00000000000000000001.log'), 'torn')
    const before = await listingOf(path)
    const readers = [await open({ path, wal: createWal(), readOnly: true })]
    if (wal === 'file') readers.push(await open({ path, wal: createWal(), readOnly: true }))
    const contents = []
    for (const reader of readers) {
      contents.push(await contentsOf(reader))
      await reader.close()
    }
    expect(await listingOf(path)).toEqual(before)
    const writer = await open({ path, wal: createWal() })
    const expected = await contentsOf(writer)
    expect(contents).toEqual(readers.map(() => expected))
    await writer.close()
  })

  it('refuses every kind of write', async () => {
    const path = await temporaryDirectory()
    const writer = await open({ path, wal: createWal() })
    await (await writer.collection('docs', SCHEMA)).upsert(batchOf('u64', 1, [1, 2, 3]))
    await writer.close()
    const database = await open({ path, wal: createWal(), readOnly: true })
    const docs = await database.collection('docs', SCHEMA)
    const batch = batchOf('u64', 2, [1])
    const writes = [
      () => docs.add(batch),
      () => docs.upsert(batch),
      () => docs.delete({ ids: [1n] }),
      () => docs.ingest([batch]),
      () => docs.reserve(10),
      () => database.collection('other', SCHEMA),
      () => database.dropCollection('docs'),
      () => database.flush(),
    ]
    const before = await listingOf(path)
    for (const write of writes) {
      await expect(write()).rejects.toMatchObject({ code: 'SLUICE_READ_ONLY' })
    }
    expect(await docs.count()).toBe(3)
    await database.close()
    expect(await listingOf(path)).toEqual(before)
  })

  it('is refused where there is no database', async () => {
    const path = await temporaryDirectory()
    const opening = open({ path: join(path, 'none'), wal: createWal(), readOnly: true })
    await expect(opening).rejects.toMatchObject({ code: expect.stringMatching(/^SLUICE_/) })
    expect(await listingOf(path)).toEqual([])
  })
})
