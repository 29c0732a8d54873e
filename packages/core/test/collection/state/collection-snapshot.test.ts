import { describe, expect, it } from 'vitest'
import { NO_ROW } from '../../../src/collection/ids/id-index.js'
import { snapshotCollection } from '../../../src/collection/state/collection-snapshot.js'
import { RowsCommit } from '../../../src/collection/write/rows-commit.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { assignedBatch, u64Batch } from '../ids/id-batches.js'
import { DIMENSION, deleteRows, emptyState, writeRows } from '../live-collection.js'

describe('snapshotCollection', () => {
  it('says what searches see, and nothing that comes later changes it', async () => {
    const state = emptyState()
    await writeRows(state, assignedBatch(1, 40))
    const snapshot = snapshotCollection(state)
    const checksums = [...snapshot.checksums]
    await writeRows(state, assignedBatch(41, 40))
    deleteRows(state, u64Batch([1n]))
    expect(snapshot).toMatchObject({
      id: 1,
      name: 'docs',
      idKind: 'assigned',
      nextId: 41,
      visibleRows: 40,
    })
    expect(snapshot.schema).toBe(state.schema)
    expect([...snapshot.checksums]).toEqual(checksums)
    expect([0, 1].map((index) => snapshot.alive.segmentWords(index)[0])).toEqual([2 ** 32 - 1, 255])
    expect(snapshot.alive.isAlive(0)).toBe(true)
    const first = state.store.segment(0).bytes.subarray(0, 32 * 4 * DIMENSION)
    expect(checksums[0]).toBe(crc32c(first))
  })

  it('knows no ids that are on their way into the log: the log will name them itself', async () => {
    const state = emptyState()
    const index = state.idsFor('assigned')
    const pending = { rowBase: 0, rowCount: 5, previous: new Uint32Array(5) }
    index.put(assignedBatch(1, 5), 0, 5, pending)
    expect(index.nextId).toBe(6)
    expect(snapshotCollection(state)).toMatchObject({
      idKind: undefined,
      nextId: 0,
      visibleRows: 0,
    })
    index.undoPut(assignedBatch(1, 5), 0, 5, pending.previous)

    await writeRows(state, assignedBatch(1, 5))
    index.put(assignedBatch(6, 5), 0, 5, { ...pending, rowBase: 5 })
    expect(snapshotCollection(state)).toMatchObject({ idKind: 'assigned', nextId: 6 })
  })
})

describe('RowsCommit', () => {
  it('takes the checksums of its rows back with them', async () => {
    const state = emptyState()
    await writeRows(state, u64Batch([1n, 2n]))
    const before = snapshotCollection(state)
    const commits = [40, 3].map((rowCount, i) => {
      const ids = u64Batch(Array.from({ length: rowCount }, (_, n) => BigInt(100 * (i + 1) + n)))
      const rowBase = i === 0 ? 2 : 42
      const put = { rowBase, rowCount, previous: new Uint32Array(rowCount).fill(NO_ROW) }
      state.idsFor('u64').put(ids, 0, rowCount, put)
      const spans = i === 0 ? [30, 10] : [3]
      return new RowsCommit({
        state,
        entry: { kind: 'rows', collectionId: 1, rowBase, rowCount, rowsCrc: 0, ids },
        durability: 'disk',
        ids,
        put,
        spans: spans.map((count) => ({ rowCount: count, crc: 7 + count })),
      })
    })
    for (const commit of commits) commit.apply()
    expect(snapshotCollection(state).checksums).toHaveLength(2)
    expect(state.checksums.rowCount).toBe(45)
    for (const commit of commits.reverse()) commit.undo(true)
    const after = snapshotCollection(state)
    expect(after.visibleRows).toBe(2)
    expect([...after.checksums]).toEqual([...before.checksums])
  })
})
