/** When dead segments are worth a checkpoint of their own. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deadSegments } from '../../../src/collection/state/dead-segments.js'
import { areFilesDue, isGarbageDue } from '../../../src/database/checkpoint/garbage.js'
import { u64Batch } from '../../collection/ids/id-batches.js'
import {
  deleteRows,
  emptyState,
  ROWS_PER_SEGMENT,
  writeRows,
} from '../../collection/live-collection.js'

const nothingWaits = (): boolean => false

function range(from: number, to: number): bigint[] {
  return Array.from({ length: to - from }, (_, i) => BigInt(from + i))
}

async function filled(segmentCount: number) {
  const state = emptyState()
  await writeRows(state, u64Batch(range(0, segmentCount * ROWS_PER_SEGMENT)))
  return state
}

describe('isGarbageDue', () => {
  it('is so once a segment of sixteen is dead, but not while a row of it lives', async () => {
    const state = await filled(16)
    deleteRows(state, u64Batch(range(1, ROWS_PER_SEGMENT)))
    expect(isGarbageDue([state], nothingWaits)).toBe(false)
    deleteRows(state, u64Batch([0n]))
    expect(isGarbageDue([state], nothingWaits)).toBe(true)
    expect(isGarbageDue([await filled(1), state], nothingWaits)).toBe(false)
  })

  it('counts neither what was given back nor what is about to be', async () => {
    const state = await filled(4)
    deleteRows(state, u64Batch(range(0, 2 * ROWS_PER_SEGMENT)))
    expect(isGarbageDue([state], (_, index) => index < 2)).toBe(false)
    await state.freeSegment(0)
    expect(isGarbageDue([state], (_, index) => index < 1)).toBe(true)
    await state.freeSegment(1)
    expect(isGarbageDue([state], nothingWaits)).toBe(false)
  })

  it('is what counting every dead segment says', async () => {
    const rows = fc.nat({ max: 20 * ROWS_PER_SEGMENT })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), rows, rows), { maxLength: 3 }),
        async (collections) => {
          const states = []
          for (const [segmentCount, from, to] of collections) {
            const state = await filled(segmentCount)
            const end = Math.min(to, segmentCount * ROWS_PER_SEGMENT)
            if (end > from) deleteRows(state, u64Batch(range(from, end)))
            states.push(state)
          }
          const held = collections.reduce((sum, [segmentCount]) => sum + segmentCount, 0)
          const dead = states.flatMap((state) => deadSegments(state)).length
          expect(isGarbageDue(states, nothingWaits)).toBe(dead > 0 && 16 * dead >= held)
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('areFilesDue', () => {
  it('is so once a sixteenth of the files is of segments whose memory went', async () => {
    const state = await filled(16)
    deleteRows(state, u64Batch(range(0, 2 * ROWS_PER_SEGMENT)))
    expect(areFilesDue([state], () => 0)).toBe(false)
    await state.freeSegment(0)
    expect(areFilesDue([state], () => 0)).toBe(true)
    expect(areFilesDue([await filled(1), state], () => 0)).toBe(false)
    await state.freeSegment(1)
    expect(areFilesDue([await filled(1), state], () => 0)).toBe(true)
  })

  it('leaves out files that go with the next checkpoint anyway', async () => {
    const state = await filled(4)
    deleteRows(state, u64Batch(range(0, 2 * ROWS_PER_SEGMENT)))
    await state.freeSegment(0)
    expect(areFilesDue([state], () => 1)).toBe(false)
    await state.freeSegment(1)
    expect(areFilesDue([state], () => 1)).toBe(true)
    expect(areFilesDue([state], () => 2)).toBe(false)
  })
})
