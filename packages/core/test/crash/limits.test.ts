/** Limits of the system met on the way: descriptors, file sizes, file systems that refuse writes. */

import { join } from 'node:path'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild } from './child-process.js'
import { readDatabase } from './read-state.js'
import { batchOf, SCHEMA } from './rows.mjs'
import { mountSmallDisk } from './small-disk.js'

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

/** No row acknowledged is missing, and what is there is whole; keys must not have wrapped around. */
async function checkNothingLost(
  options: OpenOptions,
  keyCount: number,
  { acknowledged, outcome }: Told,
): Promise<void> {
  const { rows } = await readDatabase(options, 'u64')
  const countByOperation = new Map<number, number>()
  for (const number of rows.values()) {
    countByOperation.set(number, (countByOperation.get(number) ?? 0) + 1)
  }
  const found = [...countByOperation.keys()].sort((a, b) => a - b)
  const newest = found.slice(-Math.floor(KEY_COUNT / keyCount))
  for (const number of newest) expect(countByOperation.get(number)).toBe(keyCount)
  expect(found.at(-1)).toBeGreaterThanOrEqual(Math.max(-1, ...acknowledged))
  if (outcome) expect(outcome['visible']).toEqual(expect.arrayContaining([...acknowledged]))
}

  it('a process without descriptors fails writes typed, and recovers', async () => {
    const directory = await temporaryDirectory()
    const work = { directory, wal, keyCount: 400, mode: 'descriptors' }
    const outcome = await runUnderLimit('ulimit -n 64', work)
    expect(outcome).toMatchObject({
      acknowledged: 0,
      visible: 0,
      errors: [{ code: 'SLUICE_TOO_MANY_FILES', errno: 'EMFILE' }, { code: 'SLUICE_POISONED' }],
      poisonings: [{ code: 'SLUICE_TOO_MANY_FILES' }],
    })
    const database = await open({ path: directory, wal: createWal() })
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 1, [1, 2]))
    await database.close()
  })

  it('a process without descriptors is refused typed on opening, and may try again', async () => {
    const directory = await temporaryDirectory()
    const work = { directory, wal, keyCount: 3, mode: 'opening' }
    expect(await runUnderLimit('ulimit -n 64', work)).toEqual({
      refusal: { code: 'SLUICE_TOO_MANY_FILES', errno: 'EMFILE', retryable: true },
      visible: 3,
    })
  })

  it('a read-only file system opens read-only, and refuses anything else typed', async (context) => {
    const disk = mountSmallDisk(context, '16m')
    const options = { path: join(disk.path, 'db'), wal: createWal() }
    const database = await open(options)
    const docs = await database.collection('docs', SCHEMA)
    await docs.upsert(batchOf('u64', 1, [1, 2, 3]))
    await database.close()
    disk.remount('ro')
    const { rows } = await readDatabase({ ...options, readOnly: true }, 'u64')
    expect(rows.size).toBe(3)
    const refusal = { code: 'SLUICE_PERMISSION', details: { errno: 'EROFS' } }
    await expect(open(options)).rejects.toMatchObject(refusal)
    const elsewhere = { ...options, path: join(disk.path, 'new') }
    await expect(open(elsewhere)).rejects.toMatchObject(refusal)
    disk.remount('rw')
    await (await open(options)).close()
  })
})
