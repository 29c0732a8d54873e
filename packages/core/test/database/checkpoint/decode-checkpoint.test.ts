import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeBlockFile } from '../../../src/database/checkpoint/block-file.js'
import type { Checkpoint } from '../../../src/database/checkpoint/checkpoint.js'
import { readCheckpoint } from '../../../src/database/checkpoint/checkpoint-file.js'
import { checkpointFileName } from '../../../src/database/checkpoint/checkpoint-name.js'
import { rowsPerSegmentIn } from '../../../src/database/checkpoint/checkpoint-rules.js'
import { encodeCheckpoint } from '../../../src/database/checkpoint/encode-checkpoint.js'
import { encodeSection } from '../../../src/database/checkpoint/section.js'
import { CorruptionError } from '../../../src/errors.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { type BodyValue, encodeBody } from '../../../src/wal/record/body.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { plain, smallCheckpoint } from './arbitraries.js'

// Checksums are right in all of this: what is tested is what they do not tell.
const databaseId = Uint8Array.from({ length: 16 }, (_, i) => i + 1)
const corrupt = { name: 'CorruptionError', code: 'SLUICE_CORRUPT' }

function streamOf(checkpoint: Checkpoint): Buffer {
  return Buffer.concat(Array.from(encodeCheckpoint(checkpoint, databaseId), (it) => it.slice()))
}

/** Reads a stream as if it had been written so. */
async function read(directory: string, stream: Uint8Array): Promise<Checkpoint> {
  const path = join(directory, checkpointFileName(3))
  await writeBlockFile(path, [stream], { number: 3, crc32c })
  return readCheckpoint(path, { databaseId, crc32c })
}

describe('a stream of sections', () => {
  it('is refused, or keeps every rule, whatever it says', async () => {
    const directory = await temporaryDirectory()
    const good = streamOf(smallCheckpoint(3))
    const change = fc.record({
      at: fc.nat({ max: good.length - 1 }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const stream = Buffer.from(good)
        for (const { at, bytes } of changes) stream.set(bytes.subarray(0, stream.length - at), at)
        try {
          const checkpoint = await read(directory, stream)
          // What is accepted can be written again: the writer holds it to the rules.
          streamOf(checkpoint)
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptionError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is refused when it ends early, or has a section too many', async () => {
    const directory = await temporaryDirectory()
    const good = streamOf(smallCheckpoint(3))
    // Nobody misses the times, which are last.
    const behindAlive = good.length - 40
    for (let length = 0; length < good.length; length++) {
      if (length === behindAlive) continue
      await expect(read(directory, good.subarray(0, length))).rejects.toMatchObject(corrupt)
    }
    const alive = good.subarray(behindAlive - 32, behindAlive)
    const times = good.subarray(behindAlive)
    const twice = [good.subarray(64), good.subarray(0, 64), alive, times]
    for (const more of twice) {
      await expect(read(directory, Buffer.concat([good, more]))).rejects.toMatchObject(corrupt)
    }
    expect(plain(await read(directory, good))).toEqual(plain(smallCheckpoint(3)))
  })

  it('has its numbers checked, each of them', async () => {
    const directory = await temporaryDirectory()
    const good = streamOf(smallCheckpoint(3))
    const database = 24
    const segments = good.indexOf(Buffer.from([3, 0, 1, 0, 1, 0, 0, 0, 8, 0, 0, 0])) + 24
    const alive = good.indexOf(Buffer.from([4, 0, 1, 0, 1, 0, 0, 0, 8, 0, 0, 0])) + 24
    const times = good.indexOf(Buffer.from([5, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0])) + 24
    const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer)
    const cases: readonly (readonly [string, number, Buffer])[] = [
      ['another database', database, u32(7)],
      ['another number', database + 16, u32(4)],
      ['a negative LSN', database + 28, u32(0x8000_0000)],
      ['a collection id too high', database + 32, u32(8)],
      ['more collections', database + 36, u32(3)],
      ['fewer collections', database + 36, u32(1)],
      ['millions of collections', database + 36, u32(0xffff_ffff)],
      ['a freed segment with fewer rows', segments + 4, u32(31)],
      ['freed and all alive at once', segments, u32(3)],
      ['an unknown flag', segments + 48, u32(4)],
      ['column bytes beyond 2^53', segments + 24 + 20, u32(0x0020_0000)],
      ['a segment with more rows', segments + 48 + 4, u32(0xffff_ffff)],
      ['bits for a segment said to be whole', segments + 48, u32(2)],
      ['a last segment freed', segments + 72, u32(1)],
      ['a last segment with more rows', segments + 72 + 4, u32(4)],
      ['the bits of a row that does not exist', alive + 4, u32(0b1101)],
      ['a section of another kind', segments - 24, u32(0x0001_0004)],
      ['a section of another collection', segments - 24 + 8, u32(2)],
      ['bits of another collection', alive - 24 + 8, u32(2)],
      ['the time of no row', times, u32(0)],
      ['a time of fewer rows than the one before', times + 8, u32(40)],
      ['a time of more rows than there are', times + 8, u32(99)],
      ['a time before the one before', times + 12, u32(5)],
      ['half a time', times - 24 + 16, u32(12)],
      ['times of another collection', times - 24 + 8, u32(2)],
    ]
    for (const [what, at, bytes] of cases) {
      const stream = Buffer.from(good)
      stream.set(bytes, at)
      await expect(read(directory, stream), what).rejects.toMatchObject(corrupt)
    }
  })

  it('is refused when a section is longer than it must be', async () => {
    const directory = await temporaryDirectory()
    const good = streamOf(smallCheckpoint(3))
    for (const [kind, byteLength] of [
      [1, 40],
      [3, 96],
      [4, 8],
      [5, 16],
    ] as const) {
      const start = good.indexOf(Buffer.from([kind, 0, 1, 0, kind === 5 ? 0 : 1, 0, 0, 0]))
      const end = start + 24 + byteLength
      const stream = Buffer.concat([good.subarray(0, end), Buffer.alloc(24), good.subarray(end)])
      expect(stream.readUInt32LE(start + 16)).toBe(byteLength)
      stream.writeUInt32LE(byteLength + 24, start + 16)
      await expect(read(directory, stream), `kind ${kind}`).rejects.toMatchObject(corrupt)
    }
  })

  it('is refused when a collection is not described as it must be', async () => {
    const directory = await temporaryDirectory()
    const head = streamOf({ ...smallCheckpoint(3), collections: [] })
    head.writeUInt32LE(1, 24 + 36)
    const schema = [1000, 'float64', 'l2', 2 ** 18]
    const readBody = (values: readonly BodyValue[]): Promise<Checkpoint> => {
      const about = { kind: 'collection', collectionId: 1 } as const
      return read(directory, Buffer.concat([head, encodeSection(about, encodeBody(values))]))
    }
    const good = ['name', schema, null, 0, 0, 0]
    expect((await readBody(good)).collections).toHaveLength(1)
    const wrong: readonly (readonly BodyValue[])[] = [
      [],
      good.slice(1),
      [...good, 0],
      ['', schema, null, 0, 0, 0],
      [1, schema, null, 0, 0, 0],
      ['name', schema.slice(1), null, 0, 0, 0],
      ['name', [0, 'float64', 'l2', 2 ** 18], null, 0, 0, 0],
      ['name', [1000, 'float65', 'l2', 2 ** 18], null, 0, 0, 0],
      ['name', [4096, 'float64', 'l2', 2 ** 18], null, 0, 0, 0],
      ['name', schema, 'other', 0, 0, 0],
      ['name', schema, 'assigned', -1, 0, 0],
      ['name', schema, 'assigned', 0.5, 0, 0],
      ['name', schema, 'assigned', null, 0, 0],
      ['name', schema, 'u64', 0, -32, -1],
      ['name', schema, 'u64', 0, 2 ** 31, 2 ** 26],
      ['name', schema, 'u64', 0, Number.NaN, 0],
      ['name', schema, 'u64', 0, 0, 1],
      ['name', schema, 'u64', 0, 32, 1],
      ['n'.repeat(2000), schema, null, 0, 0, 0],
    ]
    for (const [i, values] of wrong.entries()) {
      await expect(readBody(values), `case ${i}`).rejects.toMatchObject(corrupt)
    }
  })

  it('never makes a reader allocate by what it says', async () => {
    const directory = await temporaryDirectory()
    const small = smallCheckpoint(3)
    const [, full] = small.collections
    if (!full) throw new Error('there are two')
    // Rows of one byte: the alive bits of one segment take 8 MiB.
    const schema = {
      dimension: 1,
      dtype: 'int8',
      metric: 'l2',
      segmentBytes: 2 ** 26,
      index: { type: 'codes' },
    } as const
    const rowCount = rowsPerSegmentIn({ schema })
    const segments = [{ freed: false, rowCount, rowsCrc: 0, columnBytes: 0, writtenSeconds: 0 }]
    const words = new Uint32Array(rowCount / 32)
    const times = new Uint32Array(0)
    const more = { schema, visibleRows: rowCount, segments, times, aliveWords: () => words }
    const huge = { ...full, ...more }
    const stream = streamOf({ ...small, collections: [huge] })
    expect(stream.length).toBeGreaterThan(8 * 2 ** 20 - 1024)
    const before = process.memoryUsage().arrayBuffers
    for (const length of [500, 50_000, 500_000]) {
      await expect(read(directory, stream.subarray(0, length))).rejects.toMatchObject(corrupt)
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 2 ** 20)
  })
})
