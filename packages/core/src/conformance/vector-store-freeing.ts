/** What every VectorStore must do with segments whose rows are all dead: memory, then file. */

import assert from 'node:assert/strict'
import type { VectorStore } from '../contract/index.js'
import type { VectorStoreFixture } from './vector-store-fixture.js'
import { claimAndFill, expectRows } from './vector-store-rows.js'

const internal = { code: 'SLUICE_INTERNAL' }

/** Tests by title. */
export const FREEING_TESTS: Readonly<
  Record<string, (fixture: VectorStoreFixture) => Promise<void>>
> = {
  'frees the memory of full segments, and refuses their rows from then on': freesMemory,
  'frees only full, sealed and flushed segments, and memory before files': refusesToFree,
  'claims, flushes and rewinds beside freed segments': goesOnBesideHoles,
  'frees the file of a segment, once or twice': freesFile,
  'restores without the segments that were freed': restoresWithout,
  'refuses to restore without a segment that is not full': refusesPartSegments,
  'tells how many bytes it has restored, after each segment': tellsProgress,
  'removes everything, freed segments included': destroysWithHoles,
}

async function store(fixture: VectorStoreFixture, segments: number, rows = 0): Promise<number> {
  const rowCount = segments * fixture.store.rowsPerSegment + rows
  await claimAndFill(fixture.store, rowCount)
  fixture.store.seal(rowCount)
  await fixture.store.flush(rowCount)
  return rowCount
}

function except(...freed: number[]): ReadonlySet<number> {
  return new Set(freed)
}

function assertRefused(target: VectorStore, index: number): void {
  const row = index * target.rowsPerSegment
  assert.throws(() => target.segment(index), internal)
  const out = new Uint8Array(2 * target.stride)
  assert.throws(() => target.read(Uint32Array.of(row + 1), out), internal)
  assert.throws(() => target.read(Uint32Array.of(row + target.rowsPerSegment, row), out), internal)
}

async function freesMemory(fixture: VectorStoreFixture): Promise<void> {
  const { store: target } = fixture
  const rowCount = await store(fixture, 4, 5)
  const before = target.stats()
  target.freeSegmentMemory(2)
  target.freeSegmentMemory(0)
  const after = target.stats()
  assert.ok(before.memoryBytes - after.memoryBytes >= 2 * target.rowsPerSegment * target.stride)
  assert.deepEqual(
    { ...after, memoryBytes: 0, fileBytes: before.fileBytes },
    { ...before, memoryBytes: 0, segmentCount: 3 },
  )
  target.freeSegmentMemory(2)
  assert.deepEqual(target.stats(), after, 'freeing again changes nothing')
  assertRefused(target, 0)
  assertRefused(target, 2)
  expectRows(target, rowCount, { freed: except(0, 2) })
}

async function refusesToFree(fixture: VectorStoreFixture): Promise<void> {
  const { store: target } = fixture
  const { rowsPerSegment, capabilities } = target
  await store(fixture, 1)
  await claimAndFill(target, 2 * rowsPerSegment - 1)
  target.seal(2 * rowsPerSegment - 1)
  for (const index of [1, 2, 3, -1, 0.5]) {
    assert.throws(() => target.freeSegmentMemory(index), internal, `segment ${index}`)
  }
  await assert.rejects(target.freeSegmentFile(0), internal)
  await assert.rejects(target.freeSegmentFile(9), internal)
  target.seal(target.rowCount)
  if (capabilities.persistent && target.stats().durableRowCount < 2 * rowsPerSegment) {
    assert.throws(() => target.freeSegmentMemory(1), internal, 'not flushed')
  }
  await target.flush(target.rowCount)
  target.freeSegmentMemory(1)
  expectRows(target, target.rowCount, { freed: except(1) })
}

async function goesOnBesideHoles(fixture: VectorStoreFixture): Promise<void> {
  const { store: target } = fixture
  const { rowsPerSegment, capabilities } = target
  const rowCount = await store(fixture, 2)
  target.freeSegmentMemory(1)
  assert.throws(() => target.rewind(rowCount - 1), internal, 'freed rows are not given back')
  await claimAndFill(target, 2 * rowsPerSegment + 7, 1)
  target.seal(target.rowCount)
  target.rewind(rowCount + 3)
  await claimAndFill(target, 2 * rowsPerSegment, 2)
  target.seal(target.rowCount)
  const flushed = target.flush(target.rowCount)
  target.freeSegmentMemory(0)
  await flushed
  target.freeSegmentMemory(2)
  if (capabilities.persistent) assert.equal(target.stats().durableRowCount, target.rowCount)
  await target.flush(target.rowCount)
  const generationOf = (row: number): number => (row < rowCount ? 0 : row < rowCount + 3 ? 1 : 2)
  expectRows(target, target.rowCount, { generationOf, freed: except(0, 1, 2) })
  target.rewind(3 * rowsPerSegment)
  assert.equal(target.stats().segmentCount, 0)
  await target.reserve(rowsPerSegment)
  await claimAndFill(target, 5, 3)
  const next = (row: number): number => (row < 3 * rowsPerSegment ? 0 : 3)
  expectRows(target, target.rowCount, { generationOf: next, freed: except(0, 1, 2) })
}

async function freesFile(fixture: VectorStoreFixture): Promise<void> {
  const { store: target } = fixture
  const rowCount = await store(fixture, 3, 1)
  const { fileBytes } = target.stats()
  target.freeSegmentMemory(1)
  await Promise.all([target.freeSegmentFile(1), target.freeSegmentFile(1)])
  await target.freeSegmentFile(1)
  const perSegment = target.rowsPerSegment * target.stride
  if (target.capabilities.persistent) {
    assert.ok(fileBytes - target.stats().fileBytes >= perSegment)
  }
  await claimAndFill(target, 2 * target.rowsPerSegment)
  target.seal(target.rowCount)
  await target.flush(target.rowCount)
  expectRows(target, target.rowCount, { freed: except(1) })
  assert.ok(target.rowCount > rowCount)
}

async function restoresWithout(fixture: VectorStoreFixture): Promise<void> {
  const { store: target, reopen } = fixture
  if (!target.capabilities.persistent) return
  const rowCount = await store(fixture, 4, 3)
  target.freeSegmentMemory(1)
  await target.freeSegmentFile(1)
  await target.close()
  assert.ok(reopen, 'a persistent store needs `reopen` in its fixture')
  const again = await reopen()
  const freed = except(1, 2)
  await again.restore(rowCount, { freedSegments: freed })
  const stats = again.stats()
  assert.equal(stats.rowCount, rowCount)
  assert.equal(stats.durableRowCount, rowCount)
  assert.equal(stats.segmentCount, 3)
  assert.ok(stats.fileBytes > 3 * again.rowsPerSegment * again.stride, 'the file of 2 is there')
  expectRows(again, rowCount, { freed })
  assertRefused(again, 1)
  assertRefused(again, 2)
  again.freeSegmentMemory(2)
  await again.freeSegmentFile(1)
  await again.freeSegmentFile(2)
  assert.ok(again.stats().fileBytes < stats.fileBytes)
  again.freeSegmentMemory(3)
  await claimAndFill(again, 2 * again.rowsPerSegment)
  again.seal(again.rowCount)
  await again.flush(again.rowCount)
  expectRows(again, again.rowCount, { freed: except(1, 2, 3) })
  await again.close()
}

async function refusesPartSegments({ store: target }: VectorStoreFixture): Promise<void> {
  const rowCount = target.rowsPerSegment + 5
  for (const index of [1, 2, -1, 0.5]) {
    await assert.rejects(target.restore(rowCount, { freedSegments: except(0, index) }), internal)
  }
  assert.equal(target.stats().memoryBytes, 0)
  await target.restore(rowCount, { freedSegments: except(0) })
  assert.equal(target.stats().segmentCount, 1)
  await assert.rejects(target.restore(rowCount), internal, 'there are rows')
}

async function tellsProgress(fixture: VectorStoreFixture): Promise<void> {
  const { store: target, reopen } = fixture
  const { rowsPerSegment, stride, capabilities } = target
  const rowCount = 3 * rowsPerSegment + 2
  let restoring = target
  if (capabilities.persistent) {
    await store(fixture, 3, 2)
    await target.close()
    assert.ok(reopen, 'a persistent store needs `reopen` in its fixture')
    restoring = await reopen()
  }
  const told: number[] = []
  await restoring.restore(rowCount, {
    freedSegments: except(1),
    onProgress: (bytes) => told.push(bytes),
  })
  assert.equal(told.length, 3)
  assert.deepEqual(
    told,
    told.toSorted((a, b) => a - b),
  )
  assert.equal(told.at(-1), (2 * rowsPerSegment + 2) * stride)
  await restoring.close()
}

async function destroysWithHoles(fixture: VectorStoreFixture): Promise<void> {
  const { store: target, reopen } = fixture
  const rowCount = await store(fixture, 3)
  target.freeSegmentMemory(0)
  target.freeSegmentMemory(1)
  await target.freeSegmentFile(0)
  await target.destroy()
  assert.throws(() => target.freeSegmentMemory(2), { code: 'SLUICE_CLOSED' })
  await assert.rejects(target.freeSegmentFile(1), { code: 'SLUICE_CLOSED' })
  if (!target.capabilities.persistent) return
  assert.ok(reopen, 'a persistent store needs `reopen` in its fixture')
  const again = await reopen()
  await again.restore(rowCount, { freedSegments: except(0) })
  assert.equal(again.stats().fileBytes, 0)
  assert.ok(again.segment(2).bytes.every((byte) => byte === 0))
  await again.close()
}
