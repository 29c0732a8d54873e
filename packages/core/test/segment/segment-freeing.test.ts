import { existsSync, statSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { claimAndFill, expectRows } from '../../src/conformance/vector-store-rows.js'
import { SegmentRecycler } from '../../src/segment/segment-recycler.js'
import type { SegmentVectorStore } from '../../src/segment/segment-store.js'
import { SMALL, StoreFixture } from './store-fixture.js'

const { segmentBytes } = SMALL

describe('a segment that is freed', () => {
  let fixture: StoreFixture
  let recycler: SegmentRecycler
  let free: string

  beforeEach(async () => {
    fixture = await StoreFixture.make()
    free = join(fixture.directory, 'free')
    recycler = new SegmentRecycler({ directory: free, bytesMax: 3 * segmentBytes })
  })
  afterEach(() => fixture.dispose())

  async function fillAndFlush(
    store: SegmentVectorStore,
    rowCount: number,
    generation = 0,
  ): Promise<void> {
    await claimAndFill(store, rowCount, generation)
    store.seal(store.rowCount)
    await store.flush(store.rowCount)
  }

  it('gives its slab back to the allocator, and has no file open', async () => {
    const store = fixture.open()
    await fillAndFlush(store, 3 * store.rowsPerSegment)
    const { leaseCount } = fixture.allocator.stats()
    store.freeSegmentMemory(1)
    expect(fixture.allocator.stats().leaseCount).toBe(leaseCount - 1)
    expect(existsSync(store.segmentFile(1))).toBe(true)
    if (process.platform !== 'linux') return
    await vi.waitFor(() => expect(fixture.openFiles()).not.toContain(store.segmentFile(1)))
  })

  it('leaves a file that becomes a later segment of the same store', async () => {
    const store = fixture.open({ recycler })
    const { rowsPerSegment } = store
    await fillAndFlush(store, 3 * rowsPerSegment)
    const inode = statSync(store.segmentFile(1)).ino
    store.freeSegmentMemory(1)
    await store.freeSegmentFile(1)
    expect(store.stats().fileBytes).toBe(2 * segmentBytes)
    expect(recycler.heldBytes).toBe(segmentBytes)
    await fillAndFlush(store, rowsPerSegment + 9, 1)
    expect(statSync(store.segmentFile(3)).ino).toBe(inode)
    expect(recycler.heldBytes).toBe(0)
    expect(store.stats().fileBytes).toBe(4 * segmentBytes)
    await store.close()

    const again = fixture.open({ recycler })
    const freed = new Set([1])
    await again.restore(4 * rowsPerSegment + 9, { freedSegments: freed })
    const generationOf = (row: number): number => (row < 3 * rowsPerSegment ? 0 : 1)
    expectRows(again, again.rowCount, { generationOf, freed })
    expect(fixture.warnings).toEqual([])
  })

  it('never shows its rows in the segment that got its file', async () => {
    const store = fixture.open({ recycler })
    const { rowsPerSegment } = store
    await fillAndFlush(store, 2 * rowsPerSegment)
    const inode = statSync(store.segmentFile(0)).ino
    store.freeSegmentMemory(0)
    await store.freeSegmentFile(0)
    await store.reserve(rowsPerSegment)
    expect(statSync(store.segmentFile(2)).ino).toBe(inode)
    // The process ends before rows of the new segment are flushed.
    await store.close()

    const again = fixture.open({ recycler })
    await again.restore(3 * rowsPerSegment, { freedSegments: new Set([0]) })
    expect(again.segment(2).bytes.every((byte) => byte === 0)).toBe(true)
    expect(again.stats().durableRowCount).toBe(2 * rowsPerSegment)
    expect(fixture.warnings).toHaveLength(1)
  })

  it('may have its file again after a crash, blank or not, and is freed once more', async () => {
    const store = fixture.open()
    const { rowsPerSegment } = store
    await fillAndFlush(store, 2 * rowsPerSegment)
    const rowCount = store.rowCount
    await store.close()
    for (const expected of [1, 2]) {
      const again = fixture.open({ recycler })
      await again.restore(rowCount, { freedSegments: new Set([0, 1]) })
      await again.freeSegmentFile(expected - 1)
      await again.freeSegmentFile(expected - 1)
      expect(await readdir(free)).toHaveLength(expected)
      expect(again.stats()).toMatchObject({
        segmentCount: 0,
        memoryBytes: 0,
        fileBytes: (2 - expected) * segmentBytes,
        durableRowCount: rowCount,
      })
      await again.close()
    }
  })

  it('does not hold up a flush of rows before and after it', async () => {
    const store = fixture.open()
    const { rowsPerSegment } = store
    await fillAndFlush(store, 3 * rowsPerSegment)
    await store.close()
    await rm(store.segmentFile(0))
    const again = fixture.open()
    await again.restore(store.rowCount, { freedSegments: new Set([1]) })
    expect(again.stats().durableRowCount).toBe(0)
    await again.flush(store.rowCount)
    expect(again.stats().durableRowCount).toBe(3 * rowsPerSegment)
  })

  it('loses its file where the recycler is full, or where there is none', async () => {
    const full = new SegmentRecycler({ directory: free, bytesMax: 0 })
    const store = fixture.open({ recycler: full })
    await fillAndFlush(store, store.rowsPerSegment)
    store.freeSegmentMemory(0)
    await store.freeSegmentFile(0)
    expect(existsSync(store.segmentFile(0))).toBe(false)
    expect(full.heldBytes).toBe(0)
  })

  it('keeps its file in a store opened read only', async () => {
    const store = fixture.open()
    await fillAndFlush(store, store.rowsPerSegment)
    await store.close()
    const reader = fixture.open({ readOnly: true })
    await reader.restore(store.rowCount)
    reader.freeSegmentMemory(0)
    await expect(reader.freeSegmentFile(0)).rejects.toMatchObject({ code: 'SLUICE_READ_ONLY' })
    expect(existsSync(store.segmentFile(0))).toBe(true)
  })

  it('is left alone by a close that comes while its file is being removed', async () => {
    const store = fixture.open({ recycler })
    await fillAndFlush(store, 2 * store.rowsPerSegment)
    store.freeSegmentMemory(0)
    const freed = store.freeSegmentFile(0)
    await store.close()
    await freed
    expect(await readdir(free)).toHaveLength(1)
    await expect(store.freeSegmentFile(0)).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
  })
})
