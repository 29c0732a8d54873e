/** When a build of lists is given up whose rows change while it is under way, and who is next. */

import { SlabAllocator } from '@sluice/pool'
import { expect, it } from 'vitest'
import type { ClusterRunner } from '../../src/index/cluster/cluster-runner.js'
import { CodeIndex } from '../../src/index/code-index.js'
import type { IndexedCollection } from '../../src/index/maintained-index.js'
import { scalarKernels } from '../../src/kernels/scalar/scalar-kernels.js'
import type { StoredSchema } from '../../src/schema.js'
import { MemoryVectorStore } from '../../src/segment/memory-store.js'
import type { SluiceWarning, Warn } from '../../src/warning.js'

const SCHEMA: StoredSchema = {
  dimension: 24,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 2 ** 23,
  index: { type: 'codes' },
}
const ROWS = 70_016

/** An index of rows of zeros, builds that only an abort ends, and who looks at rows. */
async function building(warn: Warn = () => undefined, visibleRows = ROWS) {
  const onBuild = (): void => undefined
  const allocator = new SlabAllocator({ bytesMax: 2 ** 27, backing: 'heap' })
  const { segmentBytes } = SCHEMA
  const store = new MemoryVectorStore({ allocator, stride: 96, segmentBytes, warn })
  // Some for rows that tests only speak of.
  await store.claim(4 * ROWS)
  store.seal(ROWS)
  const builds: AbortSignal[] = []
  const fails: ((error: Error) => void)[] = []
  const clusters: Pick<ClusterRunner, 'run' | 'noteIngest' | 'whenCalm'> = {
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        if (signal === undefined) return
        builds.push(signal)
        fails.push(reject)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
    noteIngest: () => undefined,
    whenCalm: async () => undefined,
  }
  const options = { name: 'docs', schema: SCHEMA, store, allocator, kernels: scalarKernels }
  const index = new CodeIndex({ ...options, clusters, onBuild, warn })
  const rows = { visibleRows, aliveRows: visibleRows }
  let pinned = 0
  const collection: IndexedCollection = {
    rows: () => rows,
    aliveMask: () => ({ firstRow: 0, mask: undefined }),
    pin: () => {
      pinned += 1
      return () => {
        pinned -= 1
      }
    },
  }
  const closing = new AbortController()
  const maintained = index.maintain(collection, closing.signal)
  await index.catchUp(visibleRows, () => false)
  while (builds.length === 0) await new Promise(setImmediate)
  return {
    builds,
    fail: (error: Error) => fails.at(-1)?.(error),
    pinned: () => pinned,
    discard: () => index.restart(),
    optimize: (signal: AbortSignal) => index.optimize(collection, { signal }),
    change: (visibleRows: number, aliveRows: number) => {
      Object.assign(rows, { visibleRows, aliveRows })
      return index.maintain(collection, closing.signal)
    },
    end: async () => {
      closing.abort()
      await maintained
      index.release()
    },
  }
}

it('a build in the background goes on while 3 in 4 of its rows are alive, not longer', async () => {
  const { builds, pinned, change, end } = await building()
  expect(pinned()).toBe(1)
  // 50,000 rows have come in, and of the others three quarters are left at least.
  await change(ROWS + 50_000, 50_000 + ROWS * 0.75)
  expect(builds[0]?.aborted).toBe(false)
  await change(ROWS + 50_000, 50_000 + ROWS * 0.75 - 1)
  expect(builds[0]?.aborted).toBe(true)
  while (builds.length < 2) await new Promise(setImmediate)
  expect(pinned()).toBe(1)
  expect(builds[1]?.aborted).toBe(false)
  await end()
  expect(pinned()).toBe(0)
})

it('one after it goes on while a quarter is left, unless others were fast enough', async () => {
  const { builds, change, discard, end } = await building()
  const begun = async (count: number): Promise<void> => {
    while (builds.length < count) await new Promise(setImmediate)
  }
  let rowCount = ROWS
  const write = async (newRows: number): Promise<void> => {
    rowCount += newRows
    // As many die.
    await change(rowCount, ROWS)
  }
  await write(ROWS / 4 + 32)
  expect(builds[0]?.aborted).toBe(true)
  for (const build of [1, 2]) {
    await begun(build + 1)
    await write(ROWS / 2)
    await write(ROWS / 4)
    expect(builds[build]?.aborted).toBe(false)
    await write(32)
    expect(builds[build]?.aborted).toBe(true)
  }
  await begun(4)
  discard()
  await begun(5)
  await write(ROWS / 4)
  expect(builds[4]?.aborted).toBe(false)
  await write(32)
  expect(builds[4]?.aborted).toBe(true)
  await end()
})

it('whoever asks for lists waits for the build under way, and for no other', async () => {
  const { builds, discard, optimize, end } = await building()
  const controller = new AbortController()
  const asked = optimize(controller.signal)
  // Rows are alive again that lists would leave out, so the next build begins.
  discard()
  while (builds.length < 2) await new Promise(setImmediate)
  controller.abort(new Error('no longer'))
  await expect(asked).rejects.toThrow('no longer')
  expect(builds[1]?.aborted).toBe(true)
  await end()
})

it('whoever asks for lists waits for none that leave out rows, unless another asked', async () => {
  const { builds, change, optimize, end } = await building(undefined, ROWS - 32)
  await change(ROWS - 32 + 31, ROWS - 32 + 31)
  const controller = new AbortController()
  const { signal } = controller
  const first = optimize(signal).catch((error: unknown) => error)
  // The last rows are not a whole block.
  expect(builds[0]?.aborted).toBe(false)
  await change(ROWS, ROWS)
  const second = optimize(signal).catch((error: unknown) => error)
  expect(builds[0]?.aborted).toBe(true)
  while (builds.length < 2) await new Promise(setImmediate)
  expect(builds[1]?.aborted).toBe(false)
  await change(ROWS - 32, ROWS - 32)
  const third = optimize(signal).catch((error: unknown) => error)
  expect(builds[1]?.aborted).toBe(false)
  controller.abort()
  await end()
  for (const ended of [first, second, third]) {
    expect(await ended).toMatchObject({ name: 'AbortError' })
  }
})

it('a build in the background that fails is told', async () => {
  const warnings: SluiceWarning[] = []
  const { fail, end } = await building((warning) => warnings.push(warning))
  const cause = new Error('no')
  fail(cause)
  while (warnings.length === 0) await new Promise(setImmediate)
  const code = 'SLUICE_WARN_LISTS_NOT_MADE'
  expect(warnings).toMatchObject([{ code, details: { collection: 'docs', cause } }])
  await end()
})
