import { symlinkSync } from 'node:fs'
import { rename, rm, truncate, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claimAndFill, expectRows } from '../../src/conformance/vector-store-rows.js'
import type { SegmentVectorStore } from '../../src/segment/segment-store.js'
import { SMALL, StoreFixture } from './store-fixture.js'

const MIB = 1024 * 1024

describe('restoring many segments', () => {
  let fixture: StoreFixture

  beforeEach(async () => {
    fixture = await StoreFixture.make()
  })
  afterEach(() => fixture.dispose())

  async function stored(segments: number, segmentBytes?: number): Promise<SegmentVectorStore> {
    const store = fixture.open(segmentBytes === undefined ? {} : { segmentBytes })
    await claimAndFill(store, segments * store.rowsPerSegment + 11)
    store.seal(store.rowCount)
    await store.flush(store.rowCount)
    await store.close()
    return store
  }

  it('brings back rows that many reads of many files bring', async () => {
    const store = await stored(20)
    const again = fixture.open()
    await again.restore(store.rowCount)
    expectRows(again, store.rowCount)
    expect(again.stats().durableRowCount).toBe(store.rowCount)
  })

  it('reads files that are longer than a read', async () => {
    const segmentBytes = 40 * MIB
    const store = fixture.open({ segmentBytes })
    await store.claim(store.rowsPerSegment + 5)
    const { bytes } = store.segment(0)
    for (let at = 0; at < bytes.length; at += 1000) bytes[at] = 1 + ((at / 1000) % 255)
    store.seal(store.rowCount)
    await store.flush(store.rowCount)
    const expected = bytes.slice()
    await store.close()
    const again = fixture.open({ segmentBytes })
    await again.restore(store.rowCount)
    expect(Buffer.compare(again.segment(0).bytes, expected)).toBe(0)
    await again.close()

    await truncate(store.segmentFile(0), 20 * MIB + 4096)
    const leases = [0, 1, 2].map(() =>
      fixture.allocator.allocate(segmentBytes, { alignment: 4096 }),
    )
    for (const lease of leases) lease.bytes.fill(0xee)
    for (const lease of leases) lease.release()
    const cut = fixture.open({ segmentBytes })
    await cut.restore(store.rowCount)
    expect(
      Buffer.compare(cut.segment(0).bytes.subarray(0, 20 * MIB), expected.subarray(0, 20 * MIB)),
    ).toBe(0)
    expect(
      cut
        .segment(0)
        .bytes.subarray(20 * MIB)
        .every((byte) => byte === 0),
    ).toBe(true)
    expect(cut.stats().durableRowCount).toBe(Math.floor((20 * MIB) / SMALL.stride))
  })

  it('asks for all memory before it reads; claims nothing where there is too little', async () => {
    const store = await stored(20)
    const { allocator } = fixture
    const taken = allocator.allocate(allocator.bytesMax - 10 * SMALL.segmentBytes)
    const again = fixture.open()
    const { rowCount } = store
    await expect(again.restore(rowCount)).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(again.stats()).toMatchObject({ rowCount: 0, segmentCount: 0, memoryBytes: 0 })
    expect(allocator.stats().leaseCount).toBe(1)
    const freed = new Set([...Array(20).keys()].slice(0, 15))
    await again.restore(rowCount, { freedSegments: freed })
    expectRows(again, rowCount, { freed })
    taken.release()
  })

  /** Restores with a file that is bad, and checks that nothing is left of the attempt. */
  async function expectFailure(store: SegmentVectorStore, details: object): Promise<void> {
    const again = fixture.open()
    const told: number[] = []
    const onProgress = (bytes: number): unknown => told.push(bytes)
    await expect(again.restore(store.rowCount, { onProgress })).rejects.toMatchObject(details)
    expect(told.length).toBeLessThanOrEqual(20)
    expect(fixture.allocator.stats().leaseCount).toBe(0)
    expect(again.stats()).toMatchObject({ rowCount: 0, durableRowCount: 0, memoryBytes: 0 })
    if (process.platform === 'linux') expect(fixture.openFiles()).toEqual([])
    const freed = new Set([7])
    await again.restore(store.rowCount, { freedSegments: freed })
    expectRows(again, store.rowCount, { freed })
  }

  it.runIf(process.platform === 'linux')('fails with the file that cannot be read', async () => {
    const store = await stored(20)
    const file = store.segmentFile(7)
    await rm(file)
    // Nothing is mapped at address 0: the file opens, and reading it is an I/O error.
    symlinkSync('/proc/self/mem', file)
    const details = { file, errno: 'EIO' }
    await expectFailure(store, { name: 'StorageError', code: 'SLUICE_IO', details })
  })

  it('fails with the file whose header is damaged', async () => {
    const store = await stored(20)
    const file = store.segmentFile(7)
    await writeFile(file, Buffer.alloc(SMALL.segmentBytes, 1))
    await expectFailure(store, {
      name: 'CorruptionError',
      code: 'SLUICE_CORRUPT',
      details: { file },
    })
  })

  it('fails with the first of several bad files, in every run', async () => {
    const store = await stored(20)
    await rename(store.segmentFile(3), store.segmentFile(9))
    await writeFile(store.segmentFile(2), Buffer.alloc(SMALL.segmentBytes, 1))
    await writeFile(store.segmentFile(3), Buffer.alloc(SMALL.segmentBytes, 1))
    const details = { file: store.segmentFile(2) }
    for (let run = 0; run < 10; run += 1) {
      await expect(fixture.open().restore(store.rowCount)).rejects.toMatchObject({ details })
    }
  })
})
