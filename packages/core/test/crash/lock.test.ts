/** One process per directory: the second is told who has it; a holder that died has it no more. */

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal, open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { runChild, startChild } from './child-process.js'

describe.each([
  ['file', fileWal],
  ['lmdb', lmdbWal],
] as const)('a directory on the %s WAL', (wal, createWal) => {
  it('is refused to others while a process holds it, and free once that was killed', async () => {
    const directory = await temporaryDirectory()
    const child = startChild({ script: 'lock-holder.mjs', work: { directory, wal } })
    const [line] = await once(createInterface({ input: child.stdout! }), 'line')
    expect(line).toBe('open')
    for (const readOnly of [false, true]) {
      await expect(open({ path: directory, wal: createWal(), readOnly })).rejects.toMatchObject({
        code: 'SLUICE_LOCKED',
        details: { pid: child.pid, directory },
        retryable: true,
      })
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
    const database = await open({ path: directory, wal: createWal() })
    await database.close()
  })

  it('is refused to a second process while this one holds it', async () => {
    const directory = await temporaryDirectory()
    await using _database = await open({ path: directory, wal: createWal() })
    const child = await runChild({
      script: 'lock-holder.mjs',
      work: { directory, wal },
    })
    expect(JSON.parse(child.lines[0] ?? '')).toMatchObject({
      code: 'SLUICE_LOCKED',
      details: { pid: process.pid },
    })
  })

  it('is refused to a second opening by the same process, and free after closing', async () => {
    const directory = await temporaryDirectory()
    const database = await open({ path: directory, wal: createWal() })
    await expect(open({ path: directory, wal: createWal() })).rejects.toMatchObject({
      code: 'SLUICE_LOCKED',
      details: { pid: process.pid },
    })
    await database.close()
    const again = await open({ path: directory, wal: createWal() })
    await again.close()
  })

  it('goes to exactly one of many who open it at once after its holder was killed', async () => {
    const directory = await temporaryDirectory()
    const child = startChild({ script: 'lock-holder.mjs', work: { directory, wal } })
    await once(child.stdout!, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => open({ path: directory, wal: createWal() })),
    )
    const opened = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(7).fill('SLUICE_LOCKED'))
    for (const { value } of opened) await value.close()
  })
})
