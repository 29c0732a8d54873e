import { describe, expect, it } from 'vitest'
import { open } from '../../src/index.js'

const SCHEMA = { dimension: 64, index: { type: 'flat' } } as const
const ROWS = 256
const CREATES = 2n

describe('a flood of writes to one collection', () => {
  it('does not keep writes to another one waiting behind all of it', async () => {
    // Room for one write at a time.
    const database = await open({ queueBytesMax: 70_000 })
    const flooded = await database.collection('flooded', SCHEMA)
    const calm = await database.collection('calm', SCHEMA)
    const vectors = new Float32Array(ROWS * SCHEMA.dimension).fill(1)
    const flood = Array.from({ length: 200 }, () => flooded.add({ vectors }))
    const first = await calm.add({ vectors })
    const second = await calm.add({ vectors })
    // One is inside when it comes, and at most one goes in before it.
    expect(first.lsn - CREATES).toBeLessThanOrEqual(3n)
    expect(second.lsn - first.lsn).toBeLessThanOrEqual(3n)
    await Promise.all(flood)
    expect(await flooded.count()).toBe(200 * ROWS)
    await database.close()
  })

  it('can be given up by an abort, of all that have not gone in', async () => {
    const database = await open({ queueBytesMax: 70_000 })
    const flooded = await database.collection('flooded', SCHEMA)
    const vectors = new Float32Array(ROWS * SCHEMA.dimension).fill(1)
    const controllers = Array.from({ length: 200 }, () => new AbortController())
    const flood = controllers.map(({ signal }) => flooded.add({ vectors }, { signal }))
    await flood[0]
    for (const controller of controllers) controller.abort()
    const outcomes = await Promise.allSettled(flood)
    const written = outcomes.filter(
      (each) => each.status === 'fulfilled' || each.reason.details.applied,
    )
    expect(written.length).toBeLessThan(10)
    expect(await flooded.count()).toBe(written.length * ROWS)
    expect(database.stats().queue).toMatchObject({ waiting: 0, bytes: 0 })
    await database.close()
  })
})
