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

async function runUnderLimit(prelude: string, work: object): Promise<Record<string, unknown>> {
  const { lines, stderr, code } = await runChild({ script: 'limits-child.mjs', work, prelude })
  expect(code, stderr).toBe(0)
  return JSON.parse(lines[0] ?? '')
}

describe.each(WALS)('on the %s WAL', (wal, createWal) => {
  it('files that may not grow fail writes as a full disk does', async () => {
    const directory = await temporaryDirectory()
    const work = { directory, wal, keyCount: 5, mode: 'files' }
    // 4096 blocks of 512 bytes.
    const outcome = await runUnderLimit('ulimit -f 4096', work)
    expect(outcome).toMatchObject({
      errors: [{ code: 'SLUICE_NO_SPACE' }, { code: 'SLUICE_POISONED' }],
      poisonings: [{ code: 'SLUICE_NO_SPACE' }],
    })
    const acknowledged = Number(outcome['acknowledged'])
    expect(outcome['visible']).toBe(Math.min(4096, acknowledged * 5))
    const { rows } = await readDatabase({ path: directory, wal: createWal() }, 'u64')
    const operations = new Set(rows.values())
    for (let number = 0; number < acknowledged; number++) expect(operations).toContain(number)
    expect(rows.size).toBeLessThanOrEqual((acknowledged + 1) * 5)
  })

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
