/** Rows on their way in, while threads that encode are far behind. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { CollectionState } from '../../src/collection/state/collection-state.js'
import { copyRows, type RowPassage, sealRows } from '../../src/ingest/row-writer.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { DIMENSION, emptyState } from '../collection/live-collection.js'
import { LateEncoders } from '../index/encode/late-encoders.js'

const STRIDE = 4 * DIMENSION
const MIB = 1024 * 1024
/** Bytes that threads may be behind. */
const FAR_BYTES = 16 * MIB
const ROWS = (20 * MIB) / STRIDE

/** Both ways in, for rows of zeros. */
const WAYS = {
  copyRows: (passage: RowPassage) => {
    const source = new Uint8Array(ROWS * STRIDE)
    return copyRows(passage, { rowCount: ROWS, source })
  },
  sealRows: async (passage: RowPassage) => {
    const spans = await passage.store.claim(ROWS)
    for (const { bytes } of spans) bytes.fill(0)
    return sealRows(passage, spans)
  },
} as const

function passageOf({ store, codes }: CollectionState, checkpoint: () => void): RowPassage {
  const describeBadRow = (row: number): Error => new Error(`row ${row}`)
  const dtype = 'float32'
  return {
    kernels: scalarKernels,
    store,
    codes,
    dtype,
    dimension: DIMENSION,
    describeBadRow,
    checkpoint,
  }
}

/** Waits until nothing goes on any more: it would be over by then, were it not for threads. */
async function settle(late: LateEncoders, progress: () => number): Promise<void> {
  let before = -1
  while (late.count < late.tasksMax || progress() > before) {
    before = progress()
    for (let turn = 0; turn < 20; turn++) await nextTurn()
  }
}

describe.each(['copyRows', 'sealRows'] as const)('%s', (way) => {
  it('waits for threads that are far behind', async () => {
    const late = new LateEncoders(MIB)
    const state = emptyState(4 * MIB, late)
    let checked = 0
    const count = (): void => {
      checked += 1
    }
    let isIn = false
    const written = WAYS[way](passageOf(state, count)).then((rows) => {
      isIn = true
      return rows
    })
    await settle(late, () => checked)
    expect(isIn).toBe(false)
    while (!isIn) await late.end(0, true)
    const { rowBase, crc } = await written
    expect([rowBase, crc]).toEqual([0, scalarKernels.crc32c(new Uint8Array(ROWS * STRIDE))])
    const encodedRows = state.codes?.stats().encodedRows ?? 0
    expect((ROWS - encodedRows) * STRIDE).toBeLessThanOrEqual(FAR_BYTES)
    expect(encodedRows).toBeLessThan(ROWS)
    while (late.count > 0) await late.end(0, true)
    state.release()
    await state.store.close()
  })

  it('is given up while it waits', async () => {
    const late = new LateEncoders(MIB)
    const state = emptyState(4 * MIB, late)
    let checked = 0
    let isGivenUp = false
    const written = WAYS[way](
      passageOf(state, () => {
        checked += 1
        if (isGivenUp) throw new Error('given up')
      }),
    )
    const failed = expect(written).rejects.toThrow('given up')
    await settle(late, () => checked)
    isGivenUp = true
    while (late.count > 0) await late.end(0, true)
    await failed
    state.release()
    await state.store.close()
  })
})
