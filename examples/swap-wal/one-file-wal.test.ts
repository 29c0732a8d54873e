/** A log of one's own is good when it passes the suite that the logs of Sluice pass. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from '@sluice/core'
import { walBackendSuite, walContext } from '@sluice/core/conformance'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneFileWal } from './one-file-wal.js'

walBackendSuite({
  runner: { describe, it },
  fc,
  name: 'oneFileWal',
  capabilities: { durabilities: ['disk'], persistent: true },
  create: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-one-file-wal-'))
    return {
      open: () => oneFileWal().open(walContext(directory)),
      destroy: () => rm(directory, { recursive: true }),
    }
  },
})

describe('a database on oneFileWal', () => {
  it('keeps what was acknowledged, and cuts a record that a crash tore', async () => {
    const path = await mkdtemp(join(tmpdir(), 'sluice-one-file-wal-'))
    const file = join(path, 'wal', 'records')
    try {
      const db = await open({ path, wal: oneFileWal() })
      const letters = await db.collection('letters', { dimension: 2 })
      await letters.add({ ids: ['a'], vectors: [[1, 0]] })
      await letters.add({ ids: ['b'], vectors: [[0, 1]] })
      const crashed = await readFile(file)
      await db.close()

      await writeFile(file, crashed.subarray(0, crashed.length - 1))
      await using reopened = await open({ path, wal: oneFileWal() })
      const found = await reopened.collection('letters')
      expect((await found.get(['a', 'b'])).map((row) => row?.id)).toEqual(['a', undefined])
      await found.add({ ids: ['c'], vectors: [[1, 1]] })
      expect(await found.count()).toBe(2)
    } finally {
      await rm(path, { recursive: true })
    }
  })
})
