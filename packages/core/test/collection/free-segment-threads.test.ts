/** Segments whose memory goes while threads encode rows, of these segments and of others. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { CollectionState } from '../../src/collection/state/collection-state.js'
import { LateEncoders } from '../index/encode/late-encoders.js'
import { u64Batch } from './ids/id-batches.js'
import {
  DIMENSION,
  deleteRows,
  emptyState,
  ROWS_PER_SEGMENT,
  writeRows,
} from './live-collection.js'

const ROWS = 1100
/** One that a thread encodes. */
const SEGMENT = 2

function range(from: number, to: number): bigint[] {
  return Array.from({ length: to - from }, (_, i) => BigInt(from + i))
}

/** Threads that encode a segment each, rows that they are at, and one segment that is dead. */
async function encoding(): Promise<{ late: LateEncoders; state: CollectionState }> {
  const late = new LateEncoders(ROWS_PER_SEGMENT * 4 * DIMENSION)
  const state = emptyState(undefined, late)
  await writeRows(state, u64Batch(range(0, ROWS)))
  state.codes?.seal(ROWS)
  expect(late.count).toBe(late.tasksMax)
  const first = SEGMENT * ROWS_PER_SEGMENT
  deleteRows(state, u64Batch(range(first, first + ROWS_PER_SEGMENT)))
  return { late, state }
}

/** Ends those who were at work when the segment was freed, and looks that it stays until then. */
async function endThose(late: LateEncoders, state: CollectionState): Promise<void> {
  for (let ended = 0; ended < late.tasksMax; ended++) {
    await nextTurn()
    expect(state.store.segment(SEGMENT).bytes[0]).toBeDefined()
    expect(state.freedSegments.has(SEGMENT)).toBe(false)
    await late.end(0, true)
  }
}

async function endAll(late: LateEncoders, state: CollectionState): Promise<void> {
  while (late.count > 0) await late.end(0, true)
  state.release()
  await state.store.close()
}

describe('freeSegment', () => {
  it('keeps rows until the threads have ended that look at them, and no longer', async () => {
    const { late, state } = await encoding()
    const freed = state.freeSegment(SEGMENT)
    await endThose(late, state)
    // Others are at work, at rows that nobody frees.
    expect(late.count).toBeGreaterThan(0)
    await freed
    expect([...state.freedSegments]).toEqual([SEGMENT])
    expect(() => state.store.segment(SEGMENT)).toThrow()
    while (late.count > 0) await late.end(0, true)
    expect(state.codes?.stats().encodedRows).toBe(1088 - ROWS_PER_SEGMENT)
    await endAll(late, state)
  })

  it('leaves the rows to whoever closes the store, when that begins while it waits', async () => {
    const { late, state } = await encoding()
    let isOver = false
    const freed = state.freeSegment(SEGMENT, () => isOver)
    await nextTurn()
    isOver = true
    await endThose(late, state)
    await freed
    expect(state.store.segment(SEGMENT).rowBase).toBe(SEGMENT * ROWS_PER_SEGMENT)
    await endAll(late, state)
  })

  it('leaves them to whoever drops the collection', async () => {
    const { late, state } = await encoding()
    const freed = state.freeSegment(SEGMENT)
    await nextTurn()
    state.drop()
    await endThose(late, state)
    await freed
    expect(state.store.segment(SEGMENT).rowBase).toBe(SEGMENT * ROWS_PER_SEGMENT)
    await endAll(late, state)
  })
})
