/** Lists with checksums that are right and numbers that no lists have. */

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockLayoutOf } from '../../../src/code-layout.js'
import { decodeListHeader } from '../../../src/database/list-file/list-header.js'
import { type ListPartName, listPartsOf } from '../../../src/database/list-file/list-parts.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { heaps, hitsOf, LIST_FILE, listed, opened, SCHEMA } from './listed-database.js'

const LAYOUT = blockLayoutOf(64)
/** Where the header has the checksum of a part. */
const CRC_AT = { tables: 88, centroids: 92, centroidBlocks: 96, blocks: 100 } as const

const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** A number in a file: of which part, where in it, and what the warning calls it. */
interface Place {
  readonly part: ListPartName
  readonly at: number
  readonly field: string
  readonly values: readonly number[]
}

/** A file with a number changed and checksums that fit. */
function changed(whole: Buffer, { part: name, at }: Place, value: number): Buffer {
  const crc32c = scalarKernels.crc32c.bind(scalarKernels)
  const bytes = Buffer.from(whole)
  const part = listPartsOf(decodeListHeader(bytes.subarray(0, 128), '', crc32c))[name]
  bytes.writeFloatLE(value, part.offset + at)
  const content = bytes.subarray(part.offset, part.offset + part.byteLength)
  bytes.writeUInt32LE(crc32c(content), CRC_AT[name])
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 124)), 124)
  return bytes
}

/** Numbers all over a file. */
function placesIn(whole: Buffer): fc.Arbitrary<Place> {
  const crc32c = scalarKernels.crc32c.bind(scalarKernels)
  const header = decodeListHeader(whole.subarray(0, 128), '', crc32c)
  const { planCount, listCount, blockCount } = header
  const values = NOT_FINITE
  const mean = fc.nat(63).map((i): Place => {
    return { part: 'tables', at: 32 * planCount + 4 * i, field: 'number of the mean', values }
  })
  const centroid = fc.nat(64 * listCount - 1).map((i): Place => {
    return { part: 'centroids', at: 4 * i, field: 'number of a centroid', values }
  })
  const factor = fc.constantFrom(
    { name: 'F', column: LAYOUT.factorsAt, values },
    { name: 'A', column: LAYOUT.offsetsAt, values },
    { name: 'E', column: LAYOUT.errorsAt, values: [Number.NaN, -1, Number.NEGATIVE_INFINITY] },
  )
  const ofCentroid = fc.record({ list: fc.nat(listCount - 1), factor }).map(({ list, factor }) => {
    const { name, column, values } = factor
    const at = Math.floor(list / 32) * LAYOUT.byteLength + column + 4 * (list % 32)
    return { part: 'centroidBlocks', at, field: `factor ${name} of a centroid`, values } as const
  })
  // The first lane of a block has a row.
  const ofRow = fc.record({ block: fc.nat(blockCount - 1), factor }).map(({ block, factor }) => {
    const { name, column, values } = factor
    const at = block * LAYOUT.byteLength + column
    return { part: 'blocks', at, field: `factor ${name}`, values } as const
  })
  return fc.oneof(mean, centroid, ofCentroid, ofRow)
}

/** A closed database with lists on disk. */
async function written(): Promise<{ path: string; file: string; whole: Buffer }> {
  const { path, database } = await listed()
  await database.checkpoint()
  await database.close()
  const file = join(path, LIST_FILE)
  return { path, file, whole: await readFile(file) }
}

describe('a list file with right checksums', () => {
  it('and numbers that are not finite is a warning and goes; answers stay right', async () => {
    const { path, file, whole } = await written()
    const cases = placesIn(whole).chain((place) =>
      fc.constantFrom(...place.values).map((value) => ({ place, value })),
    )
    await fc.assert(
      fc.asyncProperty(cases, async ({ place, value }) => {
        await writeFile(file, changed(whole, place, value))
        const { database, warnings } = await opened({ path })
        expect(warnings).toEqual([expect.stringContaining(`${place.field} is ${value}`)])
        await expect(stat(file)).rejects.toThrow('ENOENT')
        const docs = await database.collection('docs', SCHEMA)
        expect(docs.stats().index.lists).toBe(0)
        expect(await hitsOf(docs)).toEqual(await hitsOf(docs, true))
        await database.close()
      }),
      { numRuns: 20 },
    )
  })

  it('and a row that is always looked at is as good as any', async () => {
    const { path, file, whole } = await written()
    const place = { part: 'blocks', at: LAYOUT.errorsAt, field: '', values: [] } as const
    await writeFile(file, changed(whole, place, Number.POSITIVE_INFINITY))
    const { database, warnings } = await opened({ path })
    expect(warnings).toEqual([])
    const docs = await database.collection('docs', SCHEMA)
    expect(docs.stats().index.lists).toBeGreaterThan(0)
  })
})

describe('what was never finished of a list file', () => {
  it('is a warning where it cannot be removed, and the file before it counts', async () => {
    const { path, file } = await written()
    await mkdir(join(`${file}.new`, 'other'), { recursive: true })
    const { database, warnings } = await opened({ path })
    expect(warnings).toEqual([expect.stringContaining('could not be removed')])
    const docs = await database.collection('docs', SCHEMA)
    const { lists } = docs.stats().index
    expect(lists).toBeGreaterThan(0)
    // Others stay in memory, since nobody can write them.
    await docs.add({ ids: Array.from({ length: 64 }, (_, i) => 1e6 + i), vectors: heaps(0, 64) })
    await docs.optimize()
    await database.checkpoint()
    expect(warnings.slice(1)).toEqual([expect.stringContaining('could not be written')])
    expect((await stat(`${file}.new`)).isDirectory()).toBe(true)
  })
})
