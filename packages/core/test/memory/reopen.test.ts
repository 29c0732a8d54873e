/** What was written under a limit must open under it: nobody could get at it otherwise. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { open } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const MIB = 1024 * 1024
const BATCH_ROWS = 1000

/** What fills a database: how many collections, which ids, how long rows and metadata are. */
const shapes = fc.record({
  memoryBytesMax: fc.integer({ min: 12 * MIB, max: 40 * MIB }),
  dimension: fc.constantFrom(4, 16, 384),
  segmentBytes: fc.constantFrom(1 * MIB, 4 * MIB),
  naming: fc.constantFrom('u64' as const, 'string' as const, 'assigned' as const),
  textLength: fc.constantFrom(0, 20, 120),
  collections: fc.integer({ min: 1, max: 3 }),
})

it('a database that was filled to its limit opens again with the same limit', async () => {
  const property = fc.asyncProperty(shapes, async (shape) => {
    const path = await temporaryDirectory()
    const { memoryBytesMax, dimension, segmentBytes, naming, textLength } = shape
    const vectors = new Float32Array(BATCH_ROWS * dimension).fill(0.5)
    const texts = Array.from({ length: BATCH_ROWS }, () => ({ text: 'x'.repeat(textLength) }))
    const metadata = textLength > 0 ? { metadata: texts } : {}
    const database = await open({ path, memoryBytesMax })
    let next = 0
    const ids = (): object => {
      const numbers = Array.from({ length: BATCH_ROWS }, () => next++)
      if (naming === 'assigned') return {}
      return { ids: naming === 'u64' ? numbers : numbers.map((id) => `name of ${id}`) }
    }
    const names = Array.from({ length: shape.collections }, (_, i) => `docs${i}`)
    const fill = async (): Promise<void> => {
      const docs = await Promise.all(
        names.map((name) => database.collection(name, { dimension, segmentBytes })),
      )
      for (;;) for (const each of docs) await each.add({ vectors, ...ids(), ...metadata })
    }
    await expect(fill()).rejects.toMatchObject({ code: 'SLUICE_LIMIT_EXCEEDED' })
    const counts = async (opened: typeof database): Promise<number[]> =>
      Promise.all(names.map(async (name) => (await opened.collection(name)).count()))
    const expected = await counts(database)
    await database.close()
    const again = await open({ path, memoryBytesMax })
    expect(await counts(again)).toEqual(expected)
    await again.close()
  })
  await fc.assert(property, { numRuns: Number(process.env['SLUICE_REOPEN_RUNS'] ?? 6) })
})
