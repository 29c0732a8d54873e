/** Who waits for evictions, and what becomes of those that fail: nobody else would hear of it. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { BufferPool, SlabAllocator } from '@sluice/pool'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { RowEviction } from '../../../src/collection/retention/row-eviction.js'
import { faultyWal } from '../../../src/conformance/index.js'
import { Lifecycle } from '../../../src/database/lifecycle.js'
import { memoryWal, type SluiceError } from '../../../src/index.js'
import { CommitLog } from '../../../src/ingest/commit-log.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { emptyState, ROWS_PER_SEGMENT, writeRows } from '../live-collection.js'
import { add, capped, closeAll } from './capped-rows.js'

afterEach(closeAll)

/** Rejections that nobody has handled, as of the next turn of the event loop. */
function unhandledRejections(): unknown[] {
  const reasons: unknown[] = []
  const note = (reason: unknown): unknown => reasons.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return reasons
}

/** A log in memory. */
async function openLog() {
  const poisons: SluiceError[] = []
  const options = { directory: undefined, readOnly: false, crc32c, warn: () => undefined }
  const allocator = new SlabAllocator({ bytesMax: 2 ** 26, backing: 'heap' })
  const log = new CommitLog({
    wal: await memoryWal().open(options),
    buffers: new BufferPool({ allocator }),
    crc32c,
    lastLsn: 0n,
    epoch: 1,
    databaseTag: 0,
    onPoisoned: (error) => poisons.push(error),
  })
  return { log, poisons }
}

describe('an eviction that fails', () => {
  it.each(['error-before', 'error-after'] as const)(
    'in the log (%s) is told to whoever writes, and to nobody else',
    async (action) => {
      const unhandled = unhandledRejections()
      // The collection and 40 rows; the write over the bound and what it evicts share the next one.
      const wal = faultyWal(memoryWal(), [{ append: 3, action }])
      const { docs } = await capped({ rowsMax: 40 }, { wal })
      await add(docs, 0, 40)
      await expect(add(docs, 40, 10)).rejects.toMatchObject({ code: 'SLUICE_IO' })
      await nextTurn()
      expect(unhandled).toEqual([])
      await expect(add(docs, 60, 1)).rejects.toMatchObject({ code: 'SLUICE_POISONED' })
      expect(await docs.count()).toBe(40)
    },
  )

  it('for another reason poisons the log, so that it is told and not tried for ever', async () => {
    const unhandled = unhandledRejections()
    const { log, poisons } = await openLog()
    const lifecycle = new Lifecycle()
    const state = emptyState()
    state.retain({ rowsMax: ROWS_PER_SEGMENT }, 0)
    const count = 3 * ROWS_PER_SEGMENT
    await writeRows(state, { kind: 'assigned', count, first: 1 })
    let calls = 0
    const eviction = new RowEviction(state, {
      log,
      readOnly: false,
      closing: lifecycle.closing,
      run: (operation) => lifecycle.run(operation),
      onEvicted: () => {
        calls += 1
        throw new Error('not today')
      },
    })
    eviction.begin()
    await eviction.settle()
    await nextTurn()
    expect(unhandled).toEqual([])
    expect(poisons).toMatchObject([{ message: 'evict rows failed: not today' }])
    eviction.begin()
    await eviction.settle()
    expect([calls, state.evictedRow]).toEqual([1, 2 * ROWS_PER_SEGMENT])
  })
})

it('whoever waits for an eviction waits for the rows of that time, not later ones', async () => {
  const { log } = await openLog()
  const lifecycle = new Lifecycle()
  const state = emptyState()
  state.retain({ rowsMax: ROWS_PER_SEGMENT }, 0)
  let first = 1
  const write = async (): Promise<void> => {
    await writeRows(state, { kind: 'assigned', count: 2 * ROWS_PER_SEGMENT, first })
    first += 2 * ROWS_PER_SEGMENT
  }
  await write()
  const recordsMax = 20
  let records = 0
  const busy = Object.create(log, {
    submit: {
      value: async (commit: Parameters<typeof log.submit>[0]) => {
        const submitted = await log.submit(commit)
        if (++records < recordsMax) await write()
        return submitted
      },
    },
    orPoison: { value: log.orPoison.bind(log) },
    poison: { get: () => log.poison },
  })
  const eviction = new RowEviction(state, {
    log: busy,
    readOnly: false,
    closing: lifecycle.closing,
    run: (operation) => lifecycle.run(operation),
    onEvicted: () => undefined,
  })
  await eviction.settle()
  expect(records).toBeGreaterThan(0)
  expect(records).toBeLessThan(recordsMax)
  eviction.end()
})
