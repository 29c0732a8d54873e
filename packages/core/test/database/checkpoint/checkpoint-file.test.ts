import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  readCheckpoint,
  readCheckpointHead,
  writeCheckpoint,
} from '../../../src/database/checkpoint/checkpoint-file.js'
import { checkpointFileName } from '../../../src/database/checkpoint/checkpoint-name.js'
import { encodeCheckpoint } from '../../../src/database/checkpoint/encode-checkpoint.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { checkpoints, plain, smallCheckpoint } from './arbitraries.js'

const databaseId = Uint8Array.from({ length: 16 }, (_, i) => i + 1)
const options = { databaseId, crc32c }
const corrupt = { name: 'CorruptionError', code: 'SLUICE_CORRUPT' }

async function smallFile(): Promise<{ path: string; good: Buffer }> {
  const path = join(await temporaryDirectory(), checkpointFileName(3))
  await writeCheckpoint(path, smallCheckpoint(3), options)
  return { path, good: await readFile(path) }
}

describe('a checkpoint file', () => {
  it('says what was written, whatever that was', async () => {
    const directory = await temporaryDirectory()
    await fc.assert(
      fc.asyncProperty(checkpoints, async (checkpoint) => {
        const path = join(directory, checkpointFileName(checkpoint.number))
        const { byteLength } = await writeCheckpoint(path, checkpoint, options)
        expect(byteLength).toBe((await readFile(path)).length)
        expect(plain(await readCheckpoint(path, options))).toEqual(plain(checkpoint))
      }),
    )
  })

  it('keeps a small one in a few hundred bytes', async () => {
    const { path, good } = await smallFile()
    expect(plain(await readCheckpoint(path, options))).toEqual(plain(smallCheckpoint(3)))
    expect(good.length).toBeLessThan(500)
  })

  it('asks for alive bits only while it writes, and never for freed segments', async () => {
    const asked: number[] = []
    const small = smallCheckpoint(3)
    const collections = small.collections.map((collection) => ({
      ...collection,
      aliveWords: (index: number) => {
        asked.push(index)
        return collection.aliveWords(index)
      },
    }))
    const pieces = encodeCheckpoint({ ...small, collections }, databaseId)
    pieces.next()
    expect(asked).toEqual([])
    Array.from(pieces)
    expect(asked).toEqual([1, 2, 3, 2, 3])
  })

  it('holds many collections, and tables and bits of many blocks', async () => {
    const path = join(await temporaryDirectory(), checkpointFileName(3))
    const [empty, full] = smallCheckpoint(3).collections
    if (!empty || !full) throw new Error('there are two')
    const segmentCount = 40_000
    const words = (index: number): Uint32Array => Uint32Array.of(index)
    const segments = Array.from({ length: segmentCount }, (_, index) => ({
      freed: index % 7 === 3,
      rowCount: 32,
      rowsCrc: index,
      columnBytes: index * 8,
      writtenSeconds: 0,
    }))
    const big = { ...full, visibleRows: 32 * segmentCount, segments, aliveWords: words }
    const others = Array.from({ length: 3000 }, (_, i) => ({
      ...empty,
      id: 100 + i,
      name: `c${i}`,
    }))
    const collections = [big, ...others]
    const checkpoint = { ...smallCheckpoint(3), nextCollectionId: 5000, collections }
    await writeCheckpoint(path, checkpoint, options)
    expect(plain(await readCheckpoint(path, options))).toEqual(plain(checkpoint))
  })

  it('is refused as a whole when it breaks a rule: it could not be read back', async () => {
    const path = join(await temporaryDirectory(), checkpointFileName(3))
    const [empty, full] = smallCheckpoint(3).collections
    if (!empty || !full) throw new Error('there are two')
    const last = { freed: true, rowCount: 3, rowsCrc: 3, columnBytes: 24, writtenSeconds: 0 }
    const broken = [
      { ...full, name: '../up' },
      { ...full, id: 9 },
      { ...full, id: empty.id },
      { ...full, name: empty.name },
      { ...full, idKind: undefined, nextId: 0 },
      { ...full, idKind: 'u64' as const },
      { ...full, visibleRows: 98 },
      { ...full, visibleRows: 128 },
      { ...full, segments: full.segments.slice(1) },
      { ...full, segments: full.segments.slice(0, 3) },
      { ...full, segments: [...full.segments.slice(0, 3), last] },
      { ...full, schema: { ...full.schema, dimension: 4096 } },
      { ...full, schema: { ...full.schema, metric: 'hamming' as const } },
      { ...full, aliveWords: () => Uint32Array.of(8) },
      { ...full, aliveWords: () => Uint32Array.of(1, 0) },
      { ...full, aliveWords: () => new Uint32Array(0) },
    ]
    for (const [i, collection] of broken.entries()) {
      const checkpoint = { ...smallCheckpoint(3), collections: [empty, collection] }
      const writing = writeCheckpoint(path, checkpoint, options)
      await expect(writing, `case ${i}`).rejects.toMatchObject({ code: 'SLUICE_INTERNAL' })
    }
    await expect(writeCheckpoint(path, smallCheckpoint(4), options)).rejects.toMatchObject({
      code: 'SLUICE_INTERNAL',
    })
    expect(await readdir(dirname(path))).toEqual([])
  })

  it('that cannot be written is an error of the file system', async () => {
    const path = join(await temporaryDirectory(), checkpointFileName(3))
    await mkdir(join(path, 'in the way'), { recursive: true })
    await expect(writeCheckpoint(path, smallCheckpoint(3), options)).rejects.toMatchObject({
      name: 'StorageError',
      details: { file: path },
    })
  })
})

describe('damage to a checkpoint file', () => {
  it('is found when any byte is changed', async () => {
    const { path, good } = await smallFile()
    for (let at = 0; at < good.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ flip
        await writeFile(path, bad)
        await expect(readCheckpoint(path, options), `byte ${at}`).rejects.toMatchObject({
          ...corrupt,
          details: { file: path, offset: 0 },
        })
      }
    }
  })

  it('is found when the file is cut anywhere, or zeroed, or gone', async () => {
    const { path, good } = await smallFile()
    for (let length = 0; length < good.length; length++) {
      await writeFile(path, good.subarray(0, length))
      await expect(readCheckpoint(path, options)).rejects.toMatchObject(corrupt)
    }
    await writeFile(path, Buffer.alloc(good.length))
    await expect(readCheckpoint(path, options)).rejects.toMatchObject(corrupt)
    await rename(path, `${path}.away`)
    await expect(readCheckpoint(path, options)).rejects.toMatchObject(corrupt)
  })

  it('is found in the file of another number, or of another database', async () => {
    const { path } = await smallFile()
    const other = { ...options, databaseId: new Uint8Array(16) }
    await expect(readCheckpoint(path, other)).rejects.toMatchObject(corrupt)
    const renamed = join(dirname(path), checkpointFileName(4))
    await rename(path, renamed)
    await expect(readCheckpoint(renamed, options)).rejects.toMatchObject({
      ...corrupt,
      details: { file: renamed, offset: 0 },
    })
  })

  it('leaves the head readable where it comes later', async () => {
    const path = join(await temporaryDirectory(), checkpointFileName(3))
    const [empty] = smallCheckpoint(3).collections
    const collections = Array.from({ length: 2000 }, (_, i) => {
      return { ...(empty ?? smallCheckpoint(3).collections[0]!), id: i, name: `c${i}` }
    })
    await writeCheckpoint(
      path,
      { ...smallCheckpoint(3), nextCollectionId: 2000, collections },
      options,
    )
    const bytes = await readFile(path)
    bytes[100_000] = (bytes[100_000] ?? 0) ^ 1
    await writeFile(path, bytes)
    await expect(readCheckpoint(path, options)).rejects.toMatchObject(corrupt)
    expect(await readCheckpointHead(path, options)).toEqual({
      number: 3,
      lsn: 77n,
      epoch: 5,
      nextCollectionId: 2000,
      collectionCount: 2000,
    })
  })
})
