import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { QueueDepths } from '../../src/ingest/queue-depths.js'
import { makeDoor } from './door.js'

const KIB = 1024

describe('QueueDepths', () => {
  it('tells how full the queue was when writes came', async () => {
    const { admission, enter } = makeDoor({ queueBytesMax: 1000 * KIB })
    await enter(300 * KIB)
    await enter(500 * KIB)
    const third = await enter(0)
    third.giveBack()
    const { count, totalBytes, p50Bytes, p999Bytes } = admission.stats().depth
    expect({ count, totalBytes }).toEqual({ count: 3, totalBytes: 1100 * KIB })
    expect(p50Bytes / KIB).toBeGreaterThanOrEqual(300)
    expect(p50Bytes / KIB).toBeLessThan(303)
    expect(p999Bytes).toBe(800 * KIB)
    expect(admission.depths.countsUpTo([8, 9, 10])).toEqual([1, 2, 3])
  })

  it('found nothing where the queue was empty', () => {
    const depths = new QueueDepths()
    for (const bytes of [0, 5000, 0]) depths.record(bytes)
    expect(depths.stats()).toMatchObject({ totalBytes: 5000, p50Bytes: 0, p999Bytes: 5000 })
  })

  it('has quantiles that are never too low and hardly too high', () => {
    const size = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 36 }))
    const sizes = fc.array(size, { minLength: 1 })
    fc.assert(
      fc.property(sizes, (values) => {
        const depths = new QueueDepths()
        for (const value of values) depths.record(value)
        const sorted = [...values].sort((a, b) => a - b)
        const median = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
        const { p50Bytes, p999Bytes } = depths.stats()
        expect(p50Bytes).toBeGreaterThanOrEqual(median)
        if (median === 0) expect(p50Bytes).toBe(0)
        expect(p50Bytes).toBeLessThanOrEqual(median * 1.01 + KIB)
        expect(p999Bytes).toBe(Math.max(...values))
      }),
    )
  })
})
