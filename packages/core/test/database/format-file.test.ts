import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openFormat } from '../../src/database/format-file.js'
import { SluiceError } from '../../src/errors.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describe('openFormat', () => {
  it('writes an identity once and reads the same one back', async () => {
    const directory = await temporaryDirectory()
    const created = await openFormat(directory, 'file', false)
    expect(created.databaseId).toHaveLength(16)
    expect(await openFormat(directory, 'file', false)).toEqual(created)
    expect(await openFormat(directory, 'file', true)).toEqual(created)
  })

  it('refuses another WAL backend, naming both', async () => {
    const directory = await temporaryDirectory()
    await openFormat(directory, 'file', false)
    await expect(openFormat(directory, 'lmdb', false)).rejects.toMatchObject({
      code: 'SLUICE_SCHEMA_MISMATCH',
      details: { expected: 'file', actual: 'lmdb' },
    })
  })

  it('refuses a directory that holds something else', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'holiday.jpg'), 'x')
    await expect(openFormat(directory, 'file', false)).rejects.toMatchObject({
      code: 'SLUICE_INVALID_ARGUMENT',
      details: { found: ['holiday.jpg'] },
    })
  })

  it('creates nothing when it may only read', async () => {
    const directory = await temporaryDirectory()
    await expect(openFormat(directory, 'file', true)).rejects.toMatchObject({
      code: 'SLUICE_NOT_FOUND',
    })
  })

  it('refuses a newer format with its number', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'sluice.json'), '{"format":2,"wal":"file"}')
    await expect(openFormat(directory, 'file', false)).rejects.toMatchObject({
      code: 'SLUICE_UNSUPPORTED_FORMAT',
      details: { format: 2 },
    })
  })

  it('refuses a file with any byte changed', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'sluice.json')
    await openFormat(directory, 'file', false)
    const good = await readFile(path)
    const change = fc.record({
      at: fc.integer({ min: 0, max: good.length - 2 }),
      flip: fc.integer({ min: 1, max: 255 }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, flip }) => {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ flip
        await writeFile(path, bad)
        await expect(openFormat(directory, 'file', false)).rejects.toBeInstanceOf(SluiceError)
      }),
    )
  })
})
