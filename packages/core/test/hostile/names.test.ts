/** Names of collections never reach the file system. */

import { readdir } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { open, SluiceError } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const NASTY = fc.oneof(
  fc.constantFrom('..', '.', '../up', 'a/../../b', 'C:\\x', 'con', 'LOCK', 'wal', '%2e%2e', '-rf'),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
)

it('whatever a collection is called, its directory is a number', async () => {
  const directory = await temporaryDirectory()
  const database = await open({ path: directory })
  const names = new Set<string>()
  await fc.assert(
    fc.asyncProperty(NASTY, async (name) => {
      const created = await database.collection(name, { dimension: 2 }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(SluiceError)
        expect((error as SluiceError).code).toBe('SLUICE_INVALID_NAME')
        return undefined
      })
      if (!created) return
      names.add(name)
      await created.upsert({ ids: [1], vectors: [[1, 2]] })
    }),
  )
  expect([...database.listCollections()].sort()).toEqual([...names].sort())
  await database.close()
  const known = ['checkpoints', 'collections', 'recycled', 'sluice.json', 'wal']
  expect((await readdir(directory)).filter((name) => !known.includes(name))).toEqual([])
  for (const entry of await readdir(`${directory}/collections`)) expect(entry).toMatch(/^\d{6}$/)
  const reopened = await open({ path: directory })
  expect([...reopened.listCollections()].sort()).toEqual([...names].sort())
  await reopened.close()
})
