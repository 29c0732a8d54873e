/**
 * What every VectorStore must do, as tests. Rows are filled with bytes that tell the row and the
 * claim they belong to, so that a row in the wrong place or from before a rewind is seen.
 */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import type { SuiteRunner } from './suite-runner.js'
import type { VectorStoreFixture } from './vector-store-fixture.js'
import { FREEING_TESTS } from './vector-store-freeing.js'
import { vectorStoreModel } from './vector-store-model.js'
import { claimAndFill, expectedRow, expectRows } from './vector-store-rows.js'

/**
 * What the suite is run on.
 *
 * @public
 */
export interface VectorStoreSuiteOptions {
  /** Where the tests are declared. */
  readonly runner: SuiteRunner
  /** fast-check 4, the module itself: `import fc from 'fast-check'`. */
  readonly fc: typeof fc
  /** The implementation, for test names. */
  readonly name: string
  /** A new, empty store. */
  create(): Promise<VectorStoreFixture>
}

/**
 * Registers the tests of the row seam.
 *
 * @public
 */
export function vectorStoreSuite(options: VectorStoreSuiteOptions): void {
  const { runner, name } = options
  const test = (title: string, body: (fixture: VectorStoreFixture) => Promise<void>): unknown =>
    runner.it(title, async () => {
      const fixture = await options.create()
      try {
        await body(fixture)
      } finally {
        await fixture.dispose()
      }
    })
  runner.describe(`vector store ${name}`, () => {
    test('numbers rows from 0 without gaps, a span per segment', numbersRows)
    test('reads back what was claimed, filled, sealed and flushed', roundTrip)
    test('reads rows in any order, and refuses rows that are not there', readsAnyOrder)
    test('gives rows back after sealing, and takes their successors', rewinds)
    test('refuses to seal, flush or rewind rows beyond its own', refusesBeyond)
    test('makes room ahead without claiming a row', reserves)
    test('gives back what it took ahead of need, and no row', trims)
    test('counts writes and syncs upwards alone', countsUpwards)
    test('keeps segment views where they are', keepsViews)
    test('refuses all use once closed, and closes twice', refusesAfterClose)
    test('brings back exactly what was flushed', restores)
    test('reads as zero after it was destroyed', destroys)
    for (const [title, body] of Object.entries(FREEING_TESTS)) test(title, body)
    runner.it('agrees with a model under claims, seals, flushes, rewinds and freeing', () =>
      vectorStoreModel(options.fc, () => options.create()),
    )
  })
}

async function numbersRows({ store }: VectorStoreFixture): Promise<void> {
  const { rowsPerSegment, stride } = store
  assert.equal(rowsPerSegment % 32, 0)
  let next = 0
  for (const count of [1, rowsPerSegment - 2, 2, 2 * rowsPerSegment + 1, 0, 5]) {
    const spans = await store.claim(count)
    const segments = new Set<number>()
    for (const { row, rowCount, bytes } of spans) {
      assert.equal(row, next)
      assert.equal(bytes.byteLength, rowCount * stride)
      assert.equal(
        Math.floor(row / rowsPerSegment),
        Math.floor((row + rowCount - 1) / rowsPerSegment),
      )
      segments.add(Math.floor(row / rowsPerSegment))
      next += rowCount
    }
    assert.equal(segments.size, spans.length)
    assert.equal(store.rowCount, next)
    assert.equal(store.stats().rowCount, next)
  }
}

async function roundTrip({ store }: VectorStoreFixture): Promise<void> {
  for (const count of [1, 31, store.rowsPerSegment, 2 * store.rowsPerSegment + 3, 7]) {
    await claimAndFill(store, count)
    store.seal(store.rowCount)
    await store.flush(store.rowCount)
    if (store.capabilities.persistent) assert.equal(store.stats().durableRowCount, store.rowCount)
  }
  expectRows(store, store.rowCount)
}

async function readsAnyOrder({ store }: VectorStoreFixture): Promise<void> {
  const { stride, rowsPerSegment } = store
  await claimAndFill(store, rowsPerSegment + 10)
  const rowIds = Uint32Array.of(rowsPerSegment + 9, 0, 1, 2, 2, rowsPerSegment - 1, rowsPerSegment)
  const out = new Uint8Array(rowIds.length * stride)
  store.read(rowIds, out)
  rowIds.forEach((row, i) => {
    assert.deepEqual(out.subarray(i * stride, (i + 1) * stride), expectedRow(stride, row, 0))
  })
  assert.throws(() => store.read(Uint32Array.of(0, store.rowCount), out))
  assert.throws(() => store.read(rowIds, out.subarray(1)), 'out is too short')
}

async function rewinds({ store }: VectorStoreFixture): Promise<void> {
  const half = Math.floor(store.rowsPerSegment / 2)
  await claimAndFill(store, half)
  store.seal(half)
  await store.flush(half)
  await claimAndFill(store, 2 * store.rowsPerSegment)
  store.seal(store.rowCount)
  store.rewind(half + 1)
  assert.equal(store.rowCount, half + 1)
  await claimAndFill(store, store.rowsPerSegment, 1)
  store.seal(store.rowCount)
  await store.flush(store.rowCount)
  expectRows(store, store.rowCount, { generationOf: (row) => (row > half ? 1 : 0) })
}

async function refusesBeyond({ store }: VectorStoreFixture): Promise<void> {
  await claimAndFill(store, 10)
  assert.throws(() => store.seal(11), { code: 'SLUICE_INVALID_ARGUMENT' })
  await assert.rejects(store.flush(1), { code: 'SLUICE_INVALID_ARGUMENT' }, 'not sealed')
  assert.throws(() => store.rewind(11), { code: 'SLUICE_INVALID_ARGUMENT' })
  await assert.rejects(store.claim(-1), { code: 'SLUICE_INVALID_ARGUMENT' })
  await assert.rejects(store.claim(0.5), { code: 'SLUICE_INVALID_ARGUMENT' })
  await assert.rejects(store.claim(2 ** 31), { code: 'SLUICE_LIMIT_EXCEEDED' })
  assert.equal(store.rowCount, 10)
}

async function reserves({ store }: VectorStoreFixture): Promise<void> {
  await claimAndFill(store, 3)
  await store.reserve(2 * store.rowsPerSegment)
  assert.equal(store.rowCount, 3)
  const { memoryBytes } = store.stats()
  assert.ok(memoryBytes >= 2 * store.rowsPerSegment * store.stride)
  await claimAndFill(store, store.rowsPerSegment)
  assert.equal(store.stats().memoryBytes, memoryBytes, 'reserved memory is used')
  store.seal(store.rowCount)
  await store.flush(store.rowCount)
  expectRows(store, store.rowCount)
}

async function trims({ store }: VectorStoreFixture): Promise<void> {
  await claimAndFill(store, store.rowsPerSegment)
  const { memoryBytes } = store.stats()
  const hadMore = store.trim()
  assert.equal(store.stats().memoryBytes < memoryBytes, hadMore)
  assert.equal(store.trim(), false, 'there is nothing left')
  expectRows(store, store.rowCount)
  await claimAndFill(store, store.rowsPerSegment)
  store.seal(store.rowCount)
  await store.flush(store.rowCount)
  expectRows(store, store.rowCount)
}

async function countsUpwards({ store }: VectorStoreFixture): Promise<void> {
  let last = store.stats()
  for (let round = 0; round < 5; round += 1) {
    await claimAndFill(store, 40)
    store.seal(store.rowCount)
    await store.flush(store.rowCount)
    const stats = store.stats()
    assert.ok(stats.bytesWritten >= last.bytesWritten)
    assert.ok(stats.syncCount >= last.syncCount)
    assert.ok(stats.durableRowCount >= last.durableRowCount)
    assert.equal(stats.segmentCount, Math.ceil(store.rowCount / store.rowsPerSegment))
    if (store.capabilities.persistent) {
      assert.ok(stats.syncCount > 0, 'a flush syncs')
      assert.ok(stats.fileBytes >= store.rowCount * store.stride)
    }
    last = stats
  }
}

async function keepsViews({ store }: VectorStoreFixture): Promise<void> {
  const { stride, rowsPerSegment } = store
  await claimAndFill(store, 5)
  const view = store.segment(0)
  assert.equal(view.rowBase, 0)
  assert.equal(view.rowCapacity, rowsPerSegment)
  assert.equal(view.bytes.byteLength, rowsPerSegment * stride)
  await claimAndFill(store, 3 * rowsPerSegment)
  assert.equal(store.segment(2).rowBase, 2 * rowsPerSegment)
  assert.equal(store.segment(0).bytes.buffer, view.bytes.buffer)
  assert.deepEqual(view.bytes.subarray(6 * stride, 7 * stride), expectedRow(stride, 6, 0))
  assert.throws(() => store.segment(1000), { code: 'SLUICE_INVALID_ARGUMENT' })
}

async function refusesAfterClose({ store }: VectorStoreFixture): Promise<void> {
  await claimAndFill(store, 3)
  store.seal(3)
  await store.close()
  await store.close()
  const closed = { code: 'SLUICE_CLOSED' }
  await assert.rejects(store.claim(1), closed)
  await assert.rejects(store.flush(1), closed)
  await assert.rejects(store.reserve(1), closed)
  await assert.rejects(store.restore(1), closed)
  assert.throws(() => store.seal(3), closed)
  assert.throws(() => store.rewind(0), closed)
  assert.throws(() => store.segment(0), closed)
  assert.throws(() => store.read(Uint32Array.of(0), new Uint8Array(store.stride)), closed)
  assert.equal(store.stats().memoryBytes, 0)
}

async function restores(fixture: VectorStoreFixture): Promise<void> {
  const { store, reopen } = fixture
  if (!store.capabilities.persistent) return
  const rowCount = 2 * store.rowsPerSegment + 5
  await claimAndFill(store, rowCount)
  store.seal(rowCount)
  await store.flush(rowCount)
  await claimAndFill(store, 20, 9)
  await store.close()
  assert.ok(reopen, 'a persistent store needs `reopen` in its fixture')
  const again = await reopen()
  assert.equal(again.rowCount, 0)
  await again.restore(rowCount)
  assert.equal(again.rowCount, rowCount)
  assert.equal(again.stats().durableRowCount, rowCount)
  expectRows(again, rowCount)
  await claimAndFill(again, 50)
  again.seal(again.rowCount)
  await again.flush(again.rowCount)
  expectRows(again, rowCount + 50)
  await again.close()
}

async function destroys(fixture: VectorStoreFixture): Promise<void> {
  const { store, reopen } = fixture
  await claimAndFill(store, 10)
  store.seal(10)
  await store.flush(10)
  await store.destroy()
  await assert.rejects(store.claim(1), { code: 'SLUICE_CLOSED' })
  if (!store.capabilities.persistent) return
  assert.ok(reopen, 'a persistent store needs `reopen` in its fixture')
  const again = await reopen()
  await again.restore(10)
  const out = new Uint8Array(10 * again.stride)
  again.read(
    Uint32Array.from({ length: 10 }, (_, row) => row),
    out,
  )
  assert.ok(out.every((byte) => byte === 0))
  await again.close()
}
