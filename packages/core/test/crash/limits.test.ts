/** Limits of the system: descriptors, file sizes, file systems that are full or refuse writes. */

import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, type OpenOptions, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild } from './child-process.js'
import { readDatabase } from './read-state.js'
import { batchOf, SCHEMA } from './rows.mjs'
import { DISK_NEEDED, itWithDisk, mountSmallDisk } from './small-disk.js'

const WALS = [
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const

/** What a child under a limit tells at its end. */
interface Told {
  readonly acknowledged: readonly number[]
  /** Undefined where LMDB ended the process; see below. */
  readonly outcome: Record<string, unknown> | undefined
}

/**
 * Runs writers to their end. When a write of LMDB fails, lmdb 3.5.6 prints its error into 100 bytes
 * that may not suffice (`last_error` in mdb_page_flush), and glibc may then abort the process.
 * What was acknowledged must be there all the same.
 */
async function runUnderLimit(
  work: { wal: string; directory: string; keyCount: number; mode: string },
  prelude?: string,
): Promise<Told> {
  const end = await runChild({
    script: 'limits-child.mjs',
    work,
    ...(prelude === undefined ? {} : { prelude }),
  })
  const { lines, stderr, code, signal } = end
  const isLmdbAbort = work.wal === 'lmdb' && signal === 'SIGABRT' && stderr.includes('Write error')
  if (!isLmdbAbort) expect({ code, signal }, stderr).toEqual({ code: 0, signal: null })
  const acknowledged = lines.filter((line) => line.startsWith('acknowledge '))
  const last = lines.at(-1) ?? ''
  return {
    acknowledged: acknowledged.map((line) => Number(line.split(' ')[1])),
    outcome: isLmdbAbort ? undefined : JSON.parse(last),
  }
}

/** What was acknowledged was visible at the end, and is there; the rest is whole or not there. */
async function checkNothingLost(
  options: OpenOptions,
  keyCount: number,
  { acknowledged, outcome }: Told,
): Promise<void> {
  const { rows } = await readDatabase(options, 'u64')
  const counts = new Map<number, number>()
  for (const number of rows.values()) counts.set(number, (counts.get(number) ?? 0) + 1)
  for (const [number, count] of counts) expect(count, `rows of ${number}`).toBe(keyCount)
  for (const number of acknowledged) expect(counts.has(number), `write ${number}`).toBe(true)
  if (outcome) expect(outcome['visible']).toEqual([...acknowledged].sort((a, b) => a - b))
}

async function checkWritable(options: OpenOptions): Promise<void> {
  const database = await open(options)
  const docs = await database.collection('docs', SCHEMA)
  await docs.upsert(batchOf('u64', 5000, [1, 2]))
  await database.close()
  const { rows } = await readDatabase(options, 'u64')
  expect(rows.get(1)).toBe(5000)
}

function expectPoisoned(outcome: Told['outcome'], codes: RegExp): void {
  if (!outcome) return
  const errors = outcome['errors'] as readonly { code: string }[]
  expect(errors).toHaveLength(4)
  for (const { code } of errors) {
    if (code !== 'SLUICE_POISONED') expect(code).toMatch(codes)
  }
  expect(outcome['poisonings']).toMatchObject([{ code: expect.stringMatching(codes) }])
  expect(outcome['later']).toMatchObject({ code: 'SLUICE_POISONED' })
}

describe.each(WALS)('on the %s WAL', (wal, createWal) => {
  for (const keyCount of [5, 400]) {
    itWithDisk(`a full disk ends writes of ${keyCount} rows typed${DISK_NEEDED}`, async () => {
      const disk = mountSmallDisk('4m')
      const directory = join(disk.path, 'db')
      const told = await runUnderLimit({ directory, wal, keyCount, mode: 'files' })
      expectPoisoned(told.outcome, /^SLUICE_NO_SPACE$/)
      disk.remount('size=64m')
      await checkNothingLost({ path: directory, wal: createWal() }, keyCount, told)
      await checkWritable({ path: directory, wal: createWal() })
    })
  }

  it('files that may not grow end writes as a full disk does', async () => {
    const directory = await temporaryDirectory()
    const work = { directory, wal, keyCount: 5, mode: 'files' }
    // 4096 blocks of 512 bytes.
    const told = await runUnderLimit(work, 'ulimit -f 4096')
    // LMDB calls a short write EIO, and here the disk is not full, which would explain it.
    expectPoisoned(told.outcome, wal === 'lmdb' ? /^SLUICE_(NO_SPACE|IO)$/ : /^SLUICE_NO_SPACE$/)
    await checkNothingLost({ path: directory, wal: createWal() }, 5, told)
    await checkWritable({ path: directory, wal: createWal() })
  })

  it('a process without descriptors fails writes typed, and recovers', async () => {
    const directory = await temporaryDirectory()
    const work = { directory, wal, keyCount: 400, mode: 'descriptors' }
    const { acknowledged, outcome } = await runUnderLimit(work, 'ulimit -n 200')
    expect(acknowledged).toEqual([])
    expectPoisoned(outcome, /^SLUICE_TOO_MANY_FILES$/)
    expect(outcome?.['visible']).toEqual([])
    await checkWritable({ path: directory, wal: createWal() })
  })

  it('a process without descriptors is refused typed on opening, and may try again', async () => {
    const directory = await temporaryDirectory()
    const work = { directory, wal, keyCount: 3, mode: 'opening' }
    const { outcome } = await runUnderLimit(work, 'ulimit -n 200')
    expect(outcome).toEqual({
      refusal: { code: 'SLUICE_TOO_MANY_FILES', errno: 'EMFILE', retryable: true },
      visible: 3,
    })
  })

  itWithDisk(`a read-only file system can be read, not written${DISK_NEEDED}`, async () => {
    const disk = mountSmallDisk('16m')
    const options = { path: join(disk.path, 'db'), wal: createWal() }
    const database = await open(options)
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 1, [1, 2, 3]))
    await database.close()
    disk.remount('ro')
    const { rows } = await readDatabase({ ...options, readOnly: true }, 'u64')
    expect(rows.size).toBe(3)
    await expect(open(options)).rejects.toMatchObject({
      code: 'SLUICE_PERMISSION',
      details: { errno: 'EROFS' },
    })
    const elsewhere = { ...options, path: join(disk.path, 'new') }
    await expect(open(elsewhere)).rejects.toMatchObject({ name: 'StorageError' })
    disk.remount('rw')
    await (await open(options)).close()
  })
})
