/**
 * A store against a model, with flushes that are not waited for: what a flush promised must be
 * there after closing and reopening, whatever was claimed, sealed and given back meanwhile.
 */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import type { VectorStore } from '../contract/index.js'
import type { VectorStoreFixture } from './vector-store-fixture.js'
import { claimAndFill, expectRows } from './vector-store-rows.js'

/** One step; `share` picks a row between the bounds the step allows. */
interface Step {
  readonly kind: 'claim' | 'seal' | 'flush' | 'rewind' | 'settle' | 'free' | 'free file'
  readonly share: number
}

interface Model {
  /** The generation of each row claimed. */
  readonly generations: number[]
  generation: number
  sealedRow: number
  /** Rows that a flush, begun or done, covers: rewinding stops here. */
  flushedRow: number
  readonly flushes: Promise<void>[]
  /** Segments whose memory was freed. */
  readonly freed: Set<number>
}

/**
 * Runs random histories.
 *
 * @internal
 */
export async function vectorStoreModel(
  fastCheck: typeof fc,
  create: () => Promise<VectorStoreFixture>,
): Promise<void> {
  const kind = fastCheck.constantFrom<Step['kind'][]>(
    ...(['claim', 'claim', 'seal', 'seal', 'flush', 'flush', 'rewind', 'settle'] as const),
    ...(['free', 'free file'] as const),
  )
  const share = fastCheck.double({ min: 0, max: 1, noNaN: true })
  const steps = fastCheck.array(fastCheck.record({ kind, share }), { maxLength: 40 })
  const property = fastCheck.asyncProperty(steps, async (list) => {
    const fixture = await create()
    try {
      await runHistory(fixture, list)
    } finally {
      await fixture.dispose()
    }
  })
  await fastCheck.assert(property, { numRuns: 25 })
}

async function runHistory(fixture: VectorStoreFixture, steps: readonly Step[]): Promise<void> {
  const { store, reopen } = fixture
  const freed = new Set<number>()
  const counts = { generation: 0, sealedRow: 0, flushedRow: 0 }
  const model: Model = { ...counts, generations: [], flushes: [], freed }
  for (const step of steps) await runStep(store, model, step)
  const generationOf = (row: number): number => model.generations[row] ?? -1
  expectRows(store, store.rowCount, { generationOf, freed })
  await store.close()
  await Promise.all(model.flushes)
  if (!store.capabilities.persistent || reopen === undefined) return
  const again = await reopen()
  await again.restore(model.flushedRow, { freedSegments: freed })
  expectRows(again, model.flushedRow, { generationOf, freed })
  await again.close()
}

async function runStep(store: VectorStore, model: Model, { kind, share }: Step): Promise<void> {
  const { generations, flushes } = model
  const between = (from: number, to: number): number => from + Math.round(share * (to - from))
  if (kind === 'claim') {
    const rowCount = between(1, Math.ceil(1.3 * store.rowsPerSegment))
    model.generation += 1
    await claimAndFill(store, rowCount, model.generation)
    for (let i = 0; i < rowCount; i += 1) generations.push(model.generation)
  } else if (kind === 'seal') {
    model.sealedRow = between(model.sealedRow, generations.length)
    store.seal(model.sealedRow)
  } else if (kind === 'flush') {
    model.flushedRow = between(model.flushedRow, model.sealedRow)
    flushes.push(store.flush(model.flushedRow))
  } else if (kind === 'rewind') {
    const rowCount = between(model.flushedRow, generations.length)
    store.rewind(rowCount)
    generations.length = rowCount
    model.sealedRow = Math.min(model.sealedRow, rowCount)
  } else if (kind === 'free' || kind === 'free file') {
    await runFree(store, model, { kind, share })
  } else {
    await Promise.all(flushes.splice(0))
    if (store.capabilities.persistent) {
      assert.ok(store.stats().durableRowCount >= model.flushedRow)
    }
  }
  assert.equal(store.rowCount, generations.length)
  const segmentCount = Math.ceil(store.rowCount / store.rowsPerSegment) - model.freed.size
  assert.equal(store.stats().segmentCount, segmentCount)
}

/** Frees some full segment that was flushed, or the file of one that was freed, perhaps again. */
async function runFree(store: VectorStore, model: Model, { kind, share }: Step): Promise<void> {
  const { flushes, freed, flushedRow } = model
  const full = Math.floor(flushedRow / store.rowsPerSegment)
  const index = Math.floor(share * full)
  if (index >= full) return
  if (kind === 'free file' && freed.has(index)) return store.freeSegmentFile(index)
  await Promise.all(flushes.splice(0))
  store.freeSegmentMemory(index)
  freed.add(index)
}
