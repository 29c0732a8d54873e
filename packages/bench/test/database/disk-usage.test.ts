import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { diskUsage, segmentFiles } from '../../src/database/disk-usage.js'
import { openDatabase } from '../../src/database/open-database.js'

const NONE = { segments: 0, columns: 0, log: 0, checkpoints: 0, recycled: 0, other: 0 }

describe('diskUsage', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  async function write(path: string, byteLength: number): Promise<void> {
    const file = join(directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, Buffer.alloc(byteLength, 1))
  }

  it('counts every file under its kind', async () => {
    await write('collections/000001/segments/00000000.seg', 1)
    await write('collections/000002/segments/00000000.seg', 20)
    await write('collections/000002/columns/00000000.col', 300)
    await write('wal/data.mdb', 4000)
    await write('checkpoints/manifest.json', 50_000)
    await write('recycled/1-1.free', 600_000)
    await write('format.json', 7)
    const { length, lengthByKind } = await diskUsage(directory)
    expect(lengthByKind).toEqual({
      segments: 21,
      columns: 300,
      log: 4000,
      checkpoints: 50_000,
      recycled: 600_000,
      other: 7,
    })
    expect(length).toBe(654_328)
  })

  it('does not count holes as taken', async () => {
    await write('wal/log', 4096)
    await truncate(join(directory, 'wal/log'), 1e8)
    const { bytes, bytesByKind, length } = await diskUsage(directory)
    expect(length).toBe(1e8)
    expect(bytesByKind).toEqual({ ...NONE, log: bytes })
    expect(bytes).toBeLessThan(1e6)
  })

  it('finds the parts of a real database, and its segment files', async () => {
    const { database } = await openDatabase({ directory, wal: 'file', durability: 'disk' })
    const collection = await database.collection('a', { dimension: 2, segmentBytes: 256 * 1024 })
    await collection.add({ ids: [1, 2], vectors: Float32Array.of(1, 2, 3, 4) })
    await database.close()
    const { lengthByKind } = await diskUsage(directory)
    for (const kind of ['segments', 'columns', 'log', 'checkpoints', 'other'] as const) {
      expect(lengthByKind[kind], kind).toBeGreaterThan(0)
    }
    const files = await segmentFiles(directory)
    expect(files).toHaveLength(1)
    expect(lengthByKind.segments).toBe(256 * 1024)
  })
})
