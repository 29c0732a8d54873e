import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeCheckedJson } from '../../../src/checked-json.js'
import {
  CheckpointDirectory,
  type ManifestEntry,
} from '../../../src/database/checkpoint/checkpoint-directory.js'
import { checkpointFileName } from '../../../src/database/checkpoint/checkpoint-name.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import type { Warn } from '../../../src/warning.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { plain, smallCheckpoint } from './arbitraries.js'

const databaseId = new Uint8Array(16).fill(9)

interface Fixture {
  readonly path: string
  readonly directory: CheckpointDirectory
  readonly warnings: string[]
  /** The same directory, when nothing may be written. */
  readonly readOnly: CheckpointDirectory
}

async function fixture(): Promise<Fixture> {
  const path = join(await temporaryDirectory(), 'checkpoints')
  const warnings: string[] = []
  const warn: Warn = ({ code, message }) => warnings.push(`${code} ${message}`)
  const common = { path, databaseId, crc32c, warn }
  const directory = new CheckpointDirectory({ ...common, readOnly: false })
  const readOnly = new CheckpointDirectory({ ...common, readOnly: true })
  return { path, directory, warnings, readOnly }
}

/** Writes checkpoints of these numbers, each ending at ten times its number. */
async function writeAll(
  directory: CheckpointDirectory,
  numbers: readonly number[],
): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = []
  for (const number of numbers) {
    entries.push(await directory.write(smallCheckpoint(number, BigInt(number) * 10n)))
  }
  return entries
}

describe('CheckpointDirectory', () => {
  it('is empty before the first checkpoint, and makes nothing by looking', async () => {
    const { path, directory, warnings } = await fixture()
    expect(await directory.list()).toEqual([])
    expect(await directory.nextNumber()).toBe(1)
    expect(await directory.byteLength()).toBe(0)
    await directory.removeOthers([])
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(warnings).toEqual([])
  })

  it('lists what was installed, not what was only written', async () => {
    const { directory } = await fixture()
    const [first, second] = await writeAll(directory, [1, 2])
    if (!first || !second) throw new Error('there are two')
    await directory.install([first])
    expect(await directory.list()).toEqual([{ number: 1, lsn: 10n, byteLength: first.byteLength }])
    await directory.install([second, first])
    expect(await directory.list()).toEqual([second, first])
    expect(plain(await directory.read(second))).toEqual(plain(smallCheckpoint(2, 20n)))
  })

  it('numbers the next checkpoint above every file, complete or not', async () => {
    const { path, directory } = await fixture()
    await directory.install([])
    await writeFile(join(path, '0000000041.checkpoint'), 'half')
    await writeFile(join(path, '99.checkpoint'), 'not ours')
    await writeFile(join(path, '0000000099.checkpoint.new'), 'not one')
    expect(await directory.nextNumber()).toBe(42)
  })

  it('counts the bytes of its files', async () => {
    const { path, directory } = await fixture()
    const [entry] = await writeAll(directory, [1])
    await directory.install(entry ? [entry] : [])
    const manifest = await readFile(join(path, 'manifest.json'))
    expect(await directory.byteLength()).toBe((entry?.byteLength ?? 0) + manifest.length)
  })

  it('removes other checkpoints and leftovers, and nothing else', async () => {
    const { path, directory } = await fixture()
    const entries = await writeAll(directory, [1, 2, 3, 4])
    await directory.install(entries.slice(2).reverse())
    for (const name of ['manifest.json.new', '0000000005.checkpoint.new', 'notes.new', 'notes']) {
      await writeFile(join(path, name), 'x')
    }
    await directory.removeOthers([4, 3])
    expect((await readdir(path)).sort()).toEqual([
      checkpointFileName(3),
      checkpointFileName(4),
      'manifest.json',
      'notes',
      'notes.new',
    ])
  })

  it('finds the checkpoints without a manifest that can be read, and says so', async () => {
    const { path, directory, warnings } = await fixture()
    const entries = await writeAll(directory, [1, 2, 3])
    await directory.install(entries.slice(0, 1))
    await writeFile(join(path, 'manifest.json'), 'damaged')
    await writeFile(directory.fileOf(2), 'damaged')
    const [first, , third] = entries
    expect(await directory.list()).toEqual([third, first])
    expect(warnings).toEqual([
      'SLUICE_WARN_CHECKPOINT_DAMAGED checkpoint 2 cannot be used',
      `SLUICE_WARN_CHECKPOINT_DAMAGED ${join(path, 'manifest.json')} is damaged; the checkpoints ` +
        'found beside it are used instead',
    ])
  })

  it('does not go past a manifest of a later format', async () => {
    const { path, directory } = await fixture()
    await writeAll(directory, [1])
    const fields = { checkpoints: [] }
    await writeCheckedJson(join(path, 'manifest.json'), fields, { format: 2, crc32c })
    await expect(directory.list()).rejects.toMatchObject({ code: 'SLUICE_UNSUPPORTED_FORMAT' })
  })

  it('reads only the checkpoint that was asked for', async () => {
    const { directory } = await fixture()
    const [first, second] = await writeAll(directory, [1, 2])
    if (!first || !second) throw new Error('there are two')
    const corrupt = { code: 'SLUICE_CORRUPT', details: { file: directory.fileOf(2) } }
    await expect(directory.read({ ...second, lsn: 21n })).rejects.toMatchObject(corrupt)
    await rename(directory.fileOf(1), directory.fileOf(2))
    await expect(directory.read(second)).rejects.toMatchObject(corrupt)
    await rm(directory.fileOf(2))
    await expect(directory.read(second)).rejects.toMatchObject(corrupt)
  })

  it('writes nothing when it may only read', async () => {
    const { path, directory, readOnly } = await fixture()
    const refused = { code: 'SLUICE_READ_ONLY' }
    await expect(readOnly.write(smallCheckpoint(1))).rejects.toMatchObject(refused)
    await expect(readOnly.install([])).rejects.toMatchObject(refused)
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    const [entry] = await writeAll(directory, [1])
    await readOnly.removeOthers([])
    expect(await readdir(path)).toEqual([checkpointFileName(1)])
    expect(plain(await readOnly.read(entry!))).toEqual(plain(smallCheckpoint(1, 10n)))
  })

  it('reports failures of the file system as typed errors', async () => {
    const { path, directory } = await fixture()
    await writeFile(path, 'a file, not a directory')
    const typed = { name: 'StorageError' }
    await expect(directory.list()).rejects.toMatchObject(typed)
    await expect(directory.nextNumber()).rejects.toMatchObject(typed)
    await expect(directory.byteLength()).rejects.toMatchObject(typed)
    await expect(directory.write(smallCheckpoint(1))).rejects.toMatchObject(typed)
    await expect(directory.install([])).rejects.toMatchObject(typed)
    await rm(path)
    await mkdir(directory.fileOf(1), { recursive: true })
    await expect(directory.removeOthers([])).rejects.toMatchObject(typed)
  })
})
