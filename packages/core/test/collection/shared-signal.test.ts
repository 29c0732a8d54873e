/** Many calls at a time that are given the same signal, or listen to one of the database's own. */

import { getEventListeners } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Batch, type Collection, type Database, memoryWal, open } from '../../src/index.js'

/** More than Node.js takes for ordinary. */
const MANY = 24
const DIMENSION = 32

describe('many calls with one signal', () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  let database: Database
  let docs: Collection
  let controller: AbortController
  beforeEach(async () => {
    process.on('warning', onWarning)
    controller = new AbortController()
    // Room for one write at a time; all others wait at the door.
    database = await open({ wal: memoryWal(), queueBytesMax: 1 })
    docs = await database.collection('docs', { dimension: DIMENSION })
  })
  afterEach(async () => {
    await database.close()
    process.off('warning', onWarning)
    warnings.length = 0
  })

  /** Warnings come a tick after their cause. */
  async function told(): Promise<readonly string[]> {
    await nextTurn()
    return warnings.map(({ name, message }) => `${name}: ${message}`)
  }

  it('is no leak, neither to Node.js nor after they have ended', async () => {
    const { signal } = controller
    const others = await Promise.all(
      Array.from({ length: MANY }, (_, i) => database.collection(`${i}`, { dimension: DIMENSION })),
    )
    const calls = [docs, ...others].flatMap((collection) => [
      collection.add(rows(1), { signal }),
      docs.add(rows(1), { signal }),
      docs.ingest([rows(1), rows(2)], { signal }),
      docs.delete({ ids: [1] }, { signal }),
    ])
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await Promise.all(calls)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const vectors = new Float32Array(2 * DIMENSION).fill(1)
    const searches = Array.from({ length: MANY }, () => docs.searchMany({ vectors, k: 1, signal }))
    await Promise.all(searches)
    const builds = Array.from({ length: MANY }, () => docs.optimize({ signal }))
    await Promise.all(builds)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(await told()).toEqual([])
  })

  it('ends all that wait when it fires, each with an error of its own', async () => {
    const { signal } = controller
    const calls = Array.from({ length: MANY }, () => docs.add(rows(1), { signal }))
    controller.abort(new Error('enough'))
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => 'rejected'))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'SLUICE_ABORTED' } })
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(await told()).toEqual([])
  })

  it('lets rows be claimed in many collections', async () => {
    const wide = await open({ wal: memoryWal() })
    const writers = await Promise.all(
      Array.from({ length: MANY }, async (_, i) => {
        const collection = await wide.collection(`${i}`, { dimension: 2, segmentBytes: 2 ** 18 })
        return collection.writer(1, { signal: controller.signal })
      }),
    )
    expect(await told()).toEqual([])
    for (const writer of writers) await writer[Symbol.asyncDispose]()
    await wide.close()
  })
})

/** Rows of ones, as many as asked for. */
function rows(count: number): Batch {
  return { vectors: new Float32Array(count * DIMENSION).fill(1) }
}
