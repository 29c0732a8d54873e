import { existsSync } from 'node:fs'
import { copyFile, open, readdir, rename, stat, truncate, unlink } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { claimAndFill, expectedRow, expectRows } from '../../src/conformance/vector-store-rows.js'
import type { SegmentVectorStore } from '../../src/segment/segment-store.js'
import { SMALL, StoreFixture } from './store-fixture.js'

const { stride, segmentBytes } = SMALL
const HEADER = 4096

let fixture: StoreFixture

beforeEach(async () => {
  fixture = await StoreFixture.make()
})
afterEach(() => fixture.dispose())

async function fillAndFlush(store: SegmentVectorStore, rowCount: number): Promise<void> {
  await claimAndFill(store, rowCount)
  store.seal(store.rowCount)
  await store.flush(store.rowCount)
}

/** A closed store of `rowCount` rows; returns the file of a segment. */
async function stored(rowCount: number): Promise<(index: number) => string> {
  const store = fixture.open()
  await fillAndFlush(store, rowCount)
  await store.close()
  return (index) => store.segmentFile(index)
}

async function overwrite(path: string, position: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+')
  await handle.write(bytes, 0, bytes.byteLength, position)
  await handle.close()
}

describe('the files of a SegmentVectorStore', () => {
  it('are made by the first write, whole, named after their index', async () => {
    const store = fixture.open()
    await claimAndFill(store, 700)
    expect(await readdir(fixture.directory)).toEqual([])
    store.seal(700)
    await store.flush(700)
    expect(await readdir(`${fixture.directory}/segments`)).toEqual(['00000000.seg', '00000001.seg'])
    expect((await stat(store.segmentFile(1))).size).toBe(segmentBytes)
    expect(store.stats()).toMatchObject({
      rowCount: 700,
      durableRowCount: 700,
      segmentCount: 2,
      fileBytes: 2 * segmentBytes,
    })
  })

  it('hold rows at the stride behind a header page', async () => {
    const file = (await stored(700))(1)
    const bytes = new Uint8Array(segmentBytes)
    const handle = await open(file, 'r')
    await handle.read(bytes, 0, segmentBytes, 0)
    await handle.close()
    const row = bytes.subarray(HEADER + 2 * stride, HEADER + 3 * stride)
    expect(row).toEqual(expectedRow(stride, 610, 0))
  })

  it.runIf(process.platform === 'linux')('are closed once full and synced', async () => {
    const store = fixture.open()
    await fillAndFlush(store, 20 * store.rowsPerSegment + 5)
    await store.flush(store.rowCount)
    await claimAndFill(store, 1)
    await vi.waitFor(() => expect(fixture.openFiles().length).toBeLessThanOrEqual(2))
  })

  it('are made by reserve, and used by the rows that come', async () => {
    const store = fixture.open()
    await store.reserve(3 * store.rowsPerSegment)
    expect(await readdir(`${fixture.directory}/segments`)).toHaveLength(3)
    const { memoryBytes } = store.stats()
    await fillAndFlush(store, 2 * store.rowsPerSegment + 1)
    // The third segment has begun, so there is a slab ahead of it; no file, though.
    const ahead = memoryBytes / 3
    expect(store.stats()).toMatchObject({
      memoryBytes: memoryBytes + ahead,
      fileBytes: 3 * segmentBytes,
    })
  })

  it('survive the use of a directory that was there, with stale files in it', async () => {
    const fileOf = await stored(1300)
    await truncate(fileOf(2), 100)
    const store = fixture.open()
    await store.restore(600)
    await fillAndFlush(store, 1400)
    await store.close()
    const again = fixture.open()
    await again.restore(2000)
    expectRows(again, 2000)
  })
})

describe('restore', () => {
  it('takes any prefix, and rows go on from there', async () => {
    await stored(1300)
    const store = fixture.open()
    await store.restore(615)
    expect(store.rowCount).toBe(615)
    expect(store.stats().durableRowCount).toBe(615)
    await claimAndFill(store, 100, 4)
    store.seal(store.rowCount)
    await store.flush(store.rowCount)
    await store.close()
    const again = fixture.open()
    await again.restore(715)
    expectRows(again, 715, { generationOf: (row) => (row < 615 ? 0 : 4) })
  })

  it('reads what a missing or short file lacks as zeros, and writes it once flushed', async () => {
    const fileOf = await stored(1300)
    await unlink(fileOf(0))
    await truncate(fileOf(1), HEADER + 50 * stride)
    const store = fixture.open()
    await store.restore(1300)
    expect(store.stats().durableRowCount).toBe(0)
    const out = new Uint8Array(1300 * stride)
    store.read(
      Uint32Array.from({ length: 1300 }, (_, row) => row),
      out,
    )
    const rowAt = (row: number): Uint8Array => out.subarray(row * stride, (row + 1) * stride)
    const { rowsPerSegment } = store
    expect(rowAt(0)).toEqual(new Uint8Array(stride))
    expect(rowAt(rowsPerSegment + 49)).toEqual(expectedRow(stride, rowsPerSegment + 49, 0))
    expect(rowAt(rowsPerSegment + 50)).toEqual(new Uint8Array(stride))
    expect(rowAt(2 * rowsPerSegment)).toEqual(expectedRow(stride, 2 * rowsPerSegment, 0))
    expect(fixture.warnings).toHaveLength(2)
    for (const told of fixture.warnings) expect(told).toMatch(/^SLUICE_WARN_SEGMENT_SHORT /)
    await store.flush(1300)
    expect((await stat(fileOf(1))).size).toBe(segmentBytes)
    expect(store.stats().durableRowCount).toBe(1300)
  })

  it('takes a file with a blank header for one that was never flushed', async () => {
    const fileOf = await stored(10)
    await overwrite(fileOf(0), 0, new Uint8Array(HEADER))
    const store = fixture.open()
    await store.restore(10)
    expect(store.segment(0).bytes.every((byte) => byte === 0)).toBe(true)
    expect(store.stats().durableRowCount).toBe(0)
    await store.flush(10)
    await store.close()
    const again = fixture.open()
    await again.restore(10)
    expect(again.stats().durableRowCount).toBe(10)
  })

  it('refuses a damaged header, with file and offset', async () => {
    const file = (await stored(10))(0)
    await overwrite(file, 50, Uint8Array.of(99))
    await expect(fixture.open().restore(10)).rejects.toMatchObject({
      name: 'CorruptionError',
      code: 'SLUICE_CORRUPT',
      details: { file, offset: 4092, field: 'crc32c' },
    })
  })

  it('refuses files that changed places', async () => {
    const fileOf = await stored(1300)
    await rename(fileOf(0), `${fileOf(0)}.other`)
    await rename(fileOf(1), fileOf(0))
    await rename(`${fileOf(0)}.other`, fileOf(1))
    await expect(fixture.open().restore(1300)).rejects.toMatchObject({
      code: 'SLUICE_CORRUPT',
      details: { file: fileOf(0), offset: 32, field: 'segment index', expected: 0, actual: 1 },
    })
  })

  it.each([
    ['another database', { databaseId: new Uint8Array(16) }, 'database id'],
    ['another collection', { collectionId: 8 }, 'collection id'],
    ['another dtype', { dtype: 'uint8' }, 'dtype code'],
    ['another stride', { stride: 50 }, 'stride'],
  ] as const)('refuses the files of %s', async (_name, options, field) => {
    await stored(10)
    await expect(fixture.open(options).restore(10)).rejects.toMatchObject({
      code: 'SLUICE_CORRUPT',
      details: { field },
    })
  })

  it('comes before the first claim', async () => {
    const store = fixture.open()
    await store.claim(1)
    await expect(store.restore(1)).rejects.toMatchObject({ code: 'SLUICE_INTERNAL' })
  })
})

describe('a read-only store', () => {
  it('restores, takes rows in memory, and writes nothing', async () => {
    const fileOf = await stored(700)
    await copyFile(fileOf(0), `${fileOf(0)}.copy`)
    const before = await stat(fileOf(1))
    const store = fixture.open({ readOnly: true })
    await store.restore(650)
    await store.flush(650)
    await claimAndFill(store, 700)
    store.seal(store.rowCount)
    expectRows(store, 1350)
    await store.reserve(700)
    const refused = { code: 'SLUICE_READ_ONLY' }
    await expect(store.flush(1350)).rejects.toMatchObject(refused)
    await expect(store.destroy()).rejects.toMatchObject(refused)
    await store.close()
    expect(store.stats()).toMatchObject({ bytesWritten: 0, syncCount: 0, durableRowCount: 650 })
    expect((await stat(fileOf(1))).mtimeMs).toBe(before.mtimeMs)
    expect(existsSync(fileOf(2))).toBe(false)
  })

  it('creates nothing where there is nothing', async () => {
    const store = fixture.open({ readOnly: true, segmentBytes: 16 * 1024 * 1024 })
    await store.restore(100_000)
    store.rewind(90_000)
    await turn()
    await store.close()
    expect(await readdir(fixture.directory)).toEqual([])
  })
})

describe('close', () => {
  it('waits for the flushes that were asked for', async () => {
    const store = fixture.open()
    await claimAndFill(store, 2000)
    store.seal(2000)
    let flushed = false
    const flush = store.flush(2000).then(() => {
      flushed = true
    })
    await store.close()
    expect(flushed).toBe(true)
    await flush
    expect(fixture.allocator.stats().leaseCount).toBe(0)
    const again = fixture.open()
    await again.restore(2000)
    expectRows(again, 2000)
  })
})
