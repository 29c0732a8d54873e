/** Columns as they are written and loaded again, beside a collection that lived on. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeColumns } from '../../../src/collection/columns/encode-columns.js'
import { ColumnLoader } from '../../../src/collection/columns/load-columns.js'
import { NO_ROW } from '../../../src/collection/ids/id-index.js'
import {
  segmentIsDead,
  snapshotCollection,
} from '../../../src/collection/state/collection-snapshot.js'
import type { CollectionState } from '../../../src/collection/state/collection-state.js'
import type { StringIdBatch, U64IdBatch } from '../../../src/id-batch.js'
import type { IdKind } from '../../../src/id-kind.js'
import type { ColumnFrame } from '../../../src/segment/column-frame.js'
import { assignedBatch, stringBatch, u64Batch } from '../ids/id-batches.js'
import {
  deleteRows,
  emptyState,
  packedTexts,
  ROWS_PER_SEGMENT,
  writeRows,
} from '../live-collection.js'

const KEYS = 24

/** Ids of small numbers; assigned ids begin at 1. */
function batchOf(kind: IdKind, numbers: readonly number[]): U64IdBatch | StringIdBatch {
  if (kind === 'string') return stringBatch(numbers.map((n) => `ключ-${n}`))
  return u64Batch(numbers.map((n) => (kind === 'u64' ? BigInt(n) << 35n : BigInt(n))))
}

/** What column files would hold: frames by segment. */
class Columns {
  readonly frames: ColumnFrame[][] = []
  #rows = 0

  /** Adds the rows that became visible since the last call, as a checkpoint does. */
  save(state: CollectionState): void {
    const { visibleRows } = snapshotCollection(state)
    while (this.#rows < visibleRows) {
      const index = Math.floor(this.#rows / ROWS_PER_SEGMENT)
      const end = Math.min(visibleRows, (index + 1) * ROWS_PER_SEGMENT)
      const frames = this.frames[index] ?? []
      frames.push(...encodeColumns(state, this.#rows, end))
      this.frames[index] = frames
      this.#rows = end
    }
  }
}

/** A state made from a snapshot and columns. Segments of dead rows are freed if asked for. */
async function reopen(
  live: CollectionState,
  columns: Columns,
  freesDead: boolean,
): Promise<CollectionState> {
  const state = emptyState()
  const snapshot = snapshotCollection(live)
  const { idKind, nextId, visibleRows, alive } = snapshot
  await state.store.restore(visibleRows)
  if (idKind === undefined) return state
  const { name, metadata } = state
  const loader = new ColumnLoader({ name, ids: state.idsFor(idKind), metadata, nextId })
  const freed: number[] = []
  for (let rowBase = 0, index = 0; rowBase < visibleRows; rowBase += ROWS_PER_SEGMENT, index++) {
    const rowCount = Math.min(ROWS_PER_SEGMENT, visibleRows - rowBase)
    const aliveWords = alive.segmentWords(index).subarray(0, Math.ceil(rowCount / 32))
    const isFull = rowCount === ROWS_PER_SEGMENT
    const isFreed = freesDead && isFull && segmentIsDead(snapshot, index)
    state.alive.restoreSegment(rowCount, isFreed ? new Uint32Array(0) : aliveWords)
    if (isFreed) freed.push(index)
    else {
      const frames = columns.frames[index] ?? []
      await loader.load({ rowBase, rowCount, aliveWords, frames, file: 'x.col' })
    }
  }
  for (const index of freed) await state.freeSegment(index)
  state.checksums.restore(visibleRows, snapshot.checksums)
  state.visibleRows = visibleRows
  return state
}

function visibleRowsOf(state: CollectionState, kind: IdKind): number[] {
  const ids = batchOf(
    kind,
    Array.from({ length: 400 }, (_, n) => n),
  )
  const rows = new Uint32Array(ids.count).fill(NO_ROW)
  state.ids?.find(ids, rows)
  state.resolveVisible(rows)
  return [...rows]
}

function expectSame(actual: CollectionState, live: CollectionState, kind: IdKind): void {
  expect(actual.visibleRows).toBe(live.visibleRows)
  expect(visibleRowsOf(actual, kind)).toEqual(visibleRowsOf(live, kind))
  expect(actual.ids?.entryCount).toBe(live.ids?.entryCount)
  expect(actual.ids?.nextId).toBe(live.ids?.nextId)
  expect(actual.alive.aliveCount).toBe(live.alive.aliveCount)
  expect(actual.checksums.snapshot()).toEqual(live.checksums.snapshot())
  for (let row = 0; row < live.visibleRows; row++) {
    const isAlive = live.alive.isAlive(row)
    expect(actual.alive.isAlive(row)).toBe(isAlive)
    if (!isAlive) continue
    expect(actual.ids?.idAt(row)).toEqual(live.ids?.idAt(row))
    expect(actual.metadata.get(row)).toEqual(live.metadata.get(row))
  }
}

interface Step {
  readonly kind: 'add' | 'upsert' | 'delete' | 'deleteRows' | 'save' | 'reopen' | 'free'
  readonly keys: readonly number[]
  readonly tags: readonly string[]
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>(
    'add',
    'upsert',
    'upsert',
    'delete',
    'deleteRows',
    'save',
    'reopen',
    'free',
  ),
  keys: fc.array(fc.nat(199), { maxLength: 40, size: 'max' }),
  tags: fc.array(fc.constantFrom('', 'a', 'bb'), { minLength: 40, maxLength: 40 }),
})

/** Writes and deletes to a collection as its users could. */
async function change(state: CollectionState, kind: IdKind, { kind: what, keys, tags }: Step) {
  const count = keys.length
  // A delete that finds nothing never gets into the log.
  if (count === 0 || (what === 'delete' && state.visibleRows === 0)) return
  const metadata = tags.includes('bb') ? packedTexts(tags.slice(0, count)) : undefined
  const nextId = state.ids?.nextId ?? 1
  if (kind === 'assigned' && (what === 'add' || nextId === 1)) {
    await writeRows(state, assignedBatch(nextId, count), metadata)
  } else if (what === 'deleteRows') {
    const ids = idsOfRows(state, keys[0] ?? 0)
    if (ids.count > 0) deleteRows(state, ids)
  } else {
    const idCount = kind === 'assigned' ? nextId - 1 : KEYS
    const ids = batchOf(
      kind,
      keys.map((key) => 1 + (key % idCount)),
    )
    if (what === 'delete') deleteRows(state, ids)
    else await writeRows(state, ids, metadata)
  }
}

/** The ids of the live rows among some that fill a segment or two. */
function idsOfRows(state: CollectionState, fromRow: number): U64IdBatch | StringIdBatch {
  const toRow = fromRow + 3 * ROWS_PER_SEGMENT
  const ids: (bigint | string)[] = []
  for (let row = fromRow; row < toRow; row++) {
    if (state.alive.isAlive(row)) ids.push(state.ids?.idAt(row) ?? 0n)
  }
  if (state.ids?.kind === 'string') return stringBatch(ids.map(String))
  return u64Batch(ids.map(BigInt))
}

async function freeDeadSegments(state: CollectionState): Promise<void> {
  const snapshot = snapshotCollection(state)
  for (let end = ROWS_PER_SEGMENT; end <= state.visibleRows; end += ROWS_PER_SEGMENT) {
    const index = end / ROWS_PER_SEGMENT - 1
    if (segmentIsDead(snapshot, index)) await state.freeSegment(index)
  }
}

describe.each<IdKind>(['u64', 'string', 'assigned'])('columns of %s ids', (kind) => {
  it('bring back ids and metadata of alive rows, at any time and again and again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.boolean(),
        async (steps, frees) => {
          const live = emptyState()
          const columns = new Columns()
          let actual = emptyState()
          for (const each of steps) {
            if (each.kind === 'save' || each.kind === 'reopen') columns.save(live)
            if (each.kind === 'reopen') actual = await reopen(live, columns, frees)
            else if (each.kind === 'free') await freeDeadSegments(live)
            else if (each.kind !== 'save') {
              await change(live, kind, each)
              await change(actual, kind, each)
            }
            expectSame(actual, live, kind)
          }
        },
      ),
    )
  })
})
