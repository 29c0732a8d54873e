/** Opened with `readOnly`, a database answers and changes nothing at all. */

import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild } from './child-process.js'
import type { FileFault } from './file-faults.mjs'
import { contentsOf, listingOf } from './image.js'
import { afterWriteTo, NO_LONG_STATE } from './long-model.js'
import type { LongStep } from './long-plan.js'
import type { LongWrite } from './long-rows.mjs'
import { keysFrom } from './long-scenario.js'
import type { PlannedOperation } from './plan.js'
import { hasRowsOf, readLongDatabase } from './read-long.js'
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

/** Writes whose first rows are all dead, the more so the further a checkpoint is. */
const LONG_STEPS: readonly LongStep[] = [
  { kind: 'upsert', idKind: 'u64', keys: keysFrom(0, 70) },
  { kind: 'add', idKind: 'assigned', keys: keysFrom(1, 50) },
  { kind: 'checkpoint' },
  { kind: 'upsert', idKind: 'u64', keys: keysFrom(0, 70) },
  { kind: 'delete', idKind: 'assigned', keys: keysFrom(1, 40) },
  { kind: 'checkpoint' },
  { kind: 'upsert', idKind: 'string', keys: keysFrom(0, 5) },
  { kind: 'upsert', idKind: 'u64', keys: keysFrom(60, 65) },
  { kind: 'checkpoint' },
].map((step, i) => ({ ...step, number: i + 1, durability: 'disk', inFlightMax: 1 }) as LongStep)

/** The directory of a writer that was killed just before its last checkpoint counted. */
async function killedInCheckpoint(wal: string): Promise<string> {
  const directory = await temporaryDirectory()
  const fault: FileFault = {
    area: 'checkpoints',
    operation: 'rename',
    // The second call makes two, so that files of dead segments go.
    count: 4,
    action: 'kill before',
  }
  const work = { directory, wal, steps: LONG_STEPS, checkpoint: false, fault }
  const { signal, lines, stderr } = await runChild({ script: 'long-child.mjs', work })
  expect({ signal, last: lines.at(-1) }, stderr).toEqual({ signal: 'SIGKILL', last: 'submit 9' })
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

  it('changes no byte after a crash in a checkpoint either', async () => {
    const path = await killedInCheckpoint(wal)
    const before = await listingOf(path)
    const names = before.map((line) => line.split(' ')[0])
    // Leftovers of the checkpoint, its column file, and a recycled segment.
    for (const name of ['checkpoints/manifest.json.new', 'checkpoints/0000000004.checkpoint']) {
      expect(names).toContain(name)
    }
    expect(names).toContain('collections/000002/columns/00000000.col')
    expect(names).not.toContain('collections/000001/segments/00000000.seg')
    expect(names.filter((name) => name?.endsWith('.free'))).not.toEqual([])
    const state = LONG_STEPS.filter((step) => step.kind !== 'checkpoint').reduce(
      (state, step) => afterWriteTo(state, step as LongWrite),
      NO_LONG_STATE,
    )
    for (const readOnly of [true, true, false]) {
      if (readOnly) expect(await listingOf(path)).toEqual(before)
      const found = await readLongDatabase({ path, wal: createWal(), readOnly })
      expect(hasRowsOf(found, state)).toBe(true)
    }
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
      () => database.checkpoint(),
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

  it('is empty where its creation was cut off before there was a log', async () => {
    const path = await temporaryDirectory()
    await (await open({ path, wal: createWal() })).close()
    await rm(join(path, 'wal'), { recursive: true })
    const before = await listingOf(path)
    const database = await open({ path, wal: createWal(), readOnly: true })
    expect(database.listCollections()).toEqual([])
    await database.close()
    expect(await listingOf(path)).toEqual(before)
  })
})
