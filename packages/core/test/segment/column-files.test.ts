import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/kernels/scalar/crc32c.js'
import { ColumnFiles, type ColumnFilesOptions } from '../../src/segment/column-files.js'
import { type ColumnFrame, columnFrameBytes } from '../../src/segment/column-frame.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { frameLists, frameOf } from './column-frames.js'
import { DATABASE_ID } from './store-fixture.js'

function openFiles(directory: string, options: Partial<ColumnFilesOptions> = {}): ColumnFiles {
  const owner = { databaseId: DATABASE_ID, collectionId: 7, readOnly: false }
  return new ColumnFiles({ directory, crc32c, ...owner, ...options })
}

async function readAll(
  files: ColumnFiles,
  segmentIndex: number,
  byteLength: number,
): Promise<ColumnFrame[]> {
  const frames: ColumnFrame[] = []
  for await (const frame of files.read(segmentIndex, byteLength)) frames.push(frame)
  return frames
}

const ids = (rowBase: number, rowCount: number): ColumnFrame =>
  frameOf('u64 ids', { rowBase, rowCount })

const corrupt = (details: Record<string, unknown>): object => ({
  name: 'CorruptionError',
  code: 'SLUICE_CORRUPT',
  details,
})

describe('ColumnFiles', () => {
  it('reads back the frames of several appends, and lists the files', async () => {
    const directory = join(await temporaryDirectory(), 'collections', '000007')
    const files = openFiles(directory)
    expect(await files.list()).toEqual([])
    const first = [ids(0, 3), frameOf('metadata', { rowBase: 1, rowCount: 2 })]
    const second = [ids(3, 4)]
    const middle = await files.append(2, 0, first)
    const end = await files.append(2, middle, second)
    expect(middle).toBe(columnFrameBytes(24) + columnFrameBytes(13))
    expect(files.fileOf(2)).toBe(join(directory, 'columns', '00000002.col'))
    expect((await stat(files.fileOf(2))).size).toBe(end)
    const later = openFiles(directory, { readOnly: true })
    expect(await readAll(later, 2, middle)).toEqual(first)
    expect(await readAll(later, 2, end)).toEqual([...first, ...second])
    await writeFile(join(directory, 'columns', 'other'), '')
    expect(await later.list()).toEqual([{ segmentIndex: 2, byteLength: end }])
  })

  it('cuts off what an unfinished checkpoint has left', async () => {
    const files = openFiles(await temporaryDirectory())
    const kept = await files.append(0, 0, [ids(0, 5)])
    await files.append(0, kept, [ids(5, 500)])
    const end = await files.append(0, kept, [ids(5, 2)])
    expect((await stat(files.fileOf(0))).size).toBe(end)
    expect(await readAll(files, 0, end)).toEqual([ids(0, 5), ids(5, 2)])
  })

  it('keeps the bytes before an append whose frames cannot be made', async () => {
    const files = openFiles(await temporaryDirectory())
    const kept = await files.append(0, 0, [ids(0, 5)])
    function* failing(): Generator<ColumnFrame> {
      yield ids(5, 200_000)
      throw new RangeError('no more')
    }
    await expect(files.append(0, kept, failing())).rejects.toThrow('no more')
    expect(await readAll(files, 0, kept)).toEqual([ids(0, 5)])
    expect(await readAll(files, 0, await files.append(0, kept, [ids(5, 1)]))).toHaveLength(2)
  })

  it('takes frames of any size, whose bodies are re-used for the next', async () => {
    const files = openFiles(await temporaryDirectory())
    const counts = [1, 300_000, 2, 50_000, 60_000, 131_067, 1]
    const memory = new Uint8Array(8 * 300_000)
    function* frames(): Generator<ColumnFrame> {
      let rowBase = 0
      for (const rowCount of counts) {
        const body = memory.subarray(0, 8 * rowCount - 3).fill(rowCount)
        yield { kind: 'string ids', rowBase, rowCount, body }
        rowBase += rowCount
      }
    }
    const end = await files.append(0, 0, frames())
    const read = await readAll(files, 0, end)
    expect(read.map(({ rowCount }) => rowCount)).toEqual(counts)
    for (const { rowCount, body } of read) {
      expect(body.byteOffset % 8).toBe(0)
      expect(body.byteLength).toBe(8 * rowCount - 3)
      expect(body.every((byte) => byte === (rowCount & 255))).toBe(true)
    }
  })

  it('lets the event loop turn between frames that take long to make', async () => {
    const files = openFiles(await temporaryDirectory())
    let turns = 0
    const count = (): void => {
      turns += 1
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    const turnsAt: number[] = []
    function* frames(): Generator<ColumnFrame> {
      for (let i = 0; i < 20; i += 1) {
        turnsAt.push(turns)
        const start = performance.now()
        while (performance.now() < start + 2);
        yield ids(i, 1)
      }
    }
    await files.append(0, 0, frames())
    clearImmediate(timer)
    expect(new Set(turnsAt).size).toBe(20)
  })

  it('removes files, also those that are not there', async () => {
    const files = openFiles(await temporaryDirectory())
    await files.append(1, 0, [ids(0, 5)])
    await files.remove(1)
    await files.remove(1)
    expect(existsSync(files.fileOf(1))).toBe(false)
    expect(await files.list()).toEqual([])
  })

  it('writes nothing when opened read only', async () => {
    const directory = await temporaryDirectory()
    const files = openFiles(directory, { readOnly: true })
    const readOnly = { code: 'SLUICE_READ_ONLY' }
    await expect(files.append(0, 0, [])).rejects.toMatchObject(readOnly)
    await expect(files.remove(0)).rejects.toMatchObject(readOnly)
    expect(existsSync(join(directory, 'columns'))).toBe(false)
  })

  it('names the file in errors of the system', async () => {
    const directory = await temporaryDirectory()
    const files = openFiles(directory)
    const file = files.fileOf(0)
    await mkdir(file, { recursive: true })
    const error = { name: 'StorageError', code: 'SLUICE_IO', details: { file } }
    await expect(files.append(0, 0, [ids(0, 1)])).rejects.toMatchObject(error)
    await expect(readAll(files, 0, 1)).rejects.toMatchObject(error)
    await writeFile(join(directory, 'file'), '')
    const elsewhere = openFiles(join(directory, 'file'))
    await expect(elsewhere.append(0, 0, [])).rejects.toMatchObject({ name: 'StorageError' })
  })
})

describe('damage to a column file', () => {
  it('is told from a file that is missing or too short', async () => {
    const files = openFiles(await temporaryDirectory())
    const file = files.fileOf(0)
    expect(await readAll(files, 0, 0)).toEqual([])
    await expect(readAll(files, 0, 64)).rejects.toMatchObject(corrupt({ file, offset: 0 }))
    const end = await files.append(0, 0, [ids(0, 5)])
    const short = corrupt({ file, offset: end, field: 'file length', expected: end + 8 })
    await expect(readAll(files, 0, end + 8)).rejects.toMatchObject(short)
    await expect(files.append(0, end + 8, [])).rejects.toMatchObject(short)
  })

  it('is found where frames have changed places', async () => {
    const files = openFiles(await temporaryDirectory())
    const end = await files.append(0, 0, [ids(0, 5), ids(5, 5)])
    const file = files.fileOf(0)
    const bytes = await readFile(file)
    const half = end / 2
    await writeFile(file, Buffer.concat([bytes.subarray(half), bytes.subarray(0, half)]))
    const order = { field: 'row base', offset: half + 16, expected: 10, actual: 0 }
    await expect(readAll(files, 0, end)).rejects.toMatchObject(corrupt({ file, ...order }))
    await writeFile(file, Buffer.concat([bytes.subarray(0, half), bytes.subarray(0, half)]))
    await expect(readAll(files, 0, end)).rejects.toMatchObject({ code: 'SLUICE_CORRUPT' })
  })

  it('is found where a file is that of another', async () => {
    const directory = await temporaryDirectory()
    const files = openFiles(directory)
    const end = await files.append(0, 0, [ids(0, 5)])
    await writeFile(files.fileOf(1), await readFile(files.fileOf(0)))
    const refusal = async (others: ColumnFiles, index: number, field: string): Promise<void> => {
      const details = { file: files.fileOf(index), field }
      await expect(readAll(others, index, end)).rejects.toMatchObject(corrupt(details))
    }
    await refusal(files, 1, 'segment index')
    await refusal(openFiles(directory, { collectionId: 8 }), 0, 'collection id')
    const databaseId = DATABASE_ID.map((byte, i) => (i === 2 ? byte + 1 : byte))
    await refusal(openFiles(directory, { databaseId }), 0, 'database id')
  })

  it('is found wherever a byte differs, and wherever the file is cut', async () => {
    const directory = await temporaryDirectory()
    const property = fc.asyncProperty(
      frameLists,
      fc.integer({ min: 1, max: 255 }),
      async (frames, flip) => {
        const files = openFiles(directory)
        const file = files.fileOf(0)
        const end = await files.append(0, 0, frames)
        expect(await readAll(files, 0, end)).toEqual(frames)
        const good = await readFile(file)
        expect(good.byteLength).toBe(end)
        // What lies behind the bytes that count may be anything.
        await writeFile(file, Buffer.concat([good, Buffer.alloc(50, flip)]))
        expect(await readAll(files, 0, end)).toEqual(frames)
        for (let at = 0; at < end; at += 1) {
          const bad = Buffer.from(good)
          bad[at] = (bad[at] ?? 0) ^ flip
          await writeFile(file, bad)
          await expect(readAll(files, 0, end)).rejects.toMatchObject({ details: { file } })
        }
        const cut = end - (flip % end || 1)
        await writeFile(file, good.subarray(0, cut))
        await expect(readAll(files, 0, end)).rejects.toMatchObject(corrupt({ file, offset: cut }))
      },
    )
    await fc.assert(property, { numRuns: 8 })
  })

  it('is found where the bytes that count end within a frame', async () => {
    const files = openFiles(await temporaryDirectory())
    const end = await files.append(0, 0, [ids(0, 5), ids(5, 5)])
    for (let byteLength = 1; byteLength < end; byteLength += 1) {
      if (byteLength === end / 2) continue
      await expect(readAll(files, 0, byteLength)).rejects.toMatchObject({ code: 'SLUICE_CORRUPT' })
    }
  })
})
