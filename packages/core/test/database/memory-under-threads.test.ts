/** Memory that goes with a collection, or that a write needs, while threads encode rows. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { BudgetedAllocator } from '../../src/database/budgeted-allocator.js'
import type { Checkpointer } from '../../src/database/checkpoint/checkpointer.js'
import { CollectionFactory } from '../../src/database/collection-factory.js'
import { reclaimMemory } from '../../src/database/reclaim.js'
import { ClusterRunner } from '../../src/index/cluster/cluster-runner.js'
import { MemoryBudget } from '../../src/ingest/memory-budget.js'
import { scalarKernels as kernels } from '../../src/kernels/scalar/scalar-kernels.js'
import { Timings } from '../../src/observe/timings.js'
import type { StoredSchema } from '../../src/schema.js'
import { LateEncoders } from '../index/encode/late-encoders.js'

const SCHEMA: StoredSchema = {
  dimension: 32,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 64 * 1024,
  index: { type: 'codes' },
}
/** Three segments of 512. */
const ROWS = 1536

/** A collection of rows of zeros, at which threads are. */
async function encoding() {
  const inner = new SlabAllocator({ bytesMax: 2 ** 26, backing: 'heap' })
  const allocator = new BudgetedAllocator({
    inner,
    budget: new MemoryBudget({ bytesMax: 2 ** 26 }),
  })
  const late = new LateEncoders(32 * 1024)
  const warn = (): void => undefined
  const factory = new CollectionFactory({
    directory: undefined,
    databaseId: new Uint8Array(16),
    readOnly: false,
    allocator,
    kernels,
    clusters: new ClusterRunner({ kernels, areKernelsSelected: false }),
    encoders: late,
    timings: new Timings({ onStall: warn }),
    onBuild: warn,
    warn,
  })
  const state = factory.create({ id: 1, name: 'docs', schema: SCHEMA })
  for (const { bytes } of await state.store.claim(ROWS)) bytes.fill(0)
  state.store.seal(ROWS)
  state.codes?.seal(ROWS)
  expect(late.count).toBe(late.tasksMax)
  return { inner, late, factory, state }
}

describe('memory that threads are at', () => {
  it('stays until they have ended, when the collection is dropped', async () => {
    const { inner, late, factory, state } = await encoding()
    state.drop()
    let isGone = false
    const destroyed = factory.destroy(state).then(() => {
      isGone = true
    })
    for (let ended = 0; ended < late.tasksMax; ended++) {
      await nextTurn()
      expect(isGone).toBe(false)
      expect(state.store.segment(0).bytes[0]).toBe(0)
      await late.end(0, true)
    }
    await destroyed
    expect([late.count, inner.stats().leaseCount]).toEqual([0, 0])
  })

  it('is there for a write that needs it when they have ended', async () => {
    const { inner, late, state } = await encoding()
    state.store.trim()
    const { leaseCount } = inner.stats()
    let isReclaimed = false
    // Nothing is dead, so that nothing is asked of it.
    const checkpointer = {} as Checkpointer
    const reclaimed = reclaimMemory([state], checkpointer, 1).then((found) => {
      isReclaimed = true
      return found
    })
    for (let ended = 0; ended < late.tasksMax; ended++) {
      await nextTurn()
      expect([isReclaimed, inner.stats().leaseCount]).toEqual([false, leaseCount])
      await late.end(0, true)
    }
    expect(await reclaimed).toBe(true)
    expect(inner.stats().leaseCount).toBeLessThan(leaseCount)
    while (late.count > 0) await late.end(0, true)
    state.release()
    await state.store.close()
  })
})
