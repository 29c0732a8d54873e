import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowBytes } from '../../../src/collection/rows/row-bytes.js'
import { CorruptionError } from '../../../src/errors.js'
import type { IdKind } from '../../../src/id-kind.js'
import type { ColumnKind } from '../../../src/segment/column-frame.js'
import { findAll, u64Batch } from '../ids/id-batches.js'
import {
  framesOf,
  indexOf,
  type Load,
  load,
  makeAllocator,
  NEXT_ID,
  packedFrame,
  runsFrame,
  u64Frame,
} from './column-cases.js'

async function expectCorrupt(what: Load, problem: RegExp): Promise<void> {
  await expect(load(what)).rejects.toMatchObject({
    name: 'CorruptionError',
    code: 'SLUICE_CORRUPT',
    message: expect.stringMatching(problem),
    details: { file: 'here.col', collection: 'docs', rowBase: expect.any(Number) },
  })
}

describe('ColumnLoader', () => {
  it('loads the rows that are alive, and nothing of the others', async () => {
    const metadata = new RowBytes(makeAllocator())
    for (let row = 0; row < 5; row++) metadata.set(row, Uint8Array.of(row))
    const ids = u64Batch([7n, 8n, 7n, 9n, 8n])
    const frames = framesOf(indexOf(ids), 5, metadata)
    const aliveWords = Uint32Array.of(0b10100)
    const loaded = await load({ kind: 'u64', rowCount: 5, frames, aliveWords })
    expect(findAll(loaded.ids, u64Batch([7n, 8n, 9n]))).toEqual([2, 4, 0xffffffff])
    expect(loaded.ids.entryCount).toBe(2)
    expect([0, 1, 2, 3, 4].map((row) => loaded.metadata.get(row)?.[0])).toEqual([
      undefined,
      undefined,
      2,
      undefined,
      4,
    ])
  })

  it('says which rows are missing, and refuses those that come twice or too late', async () => {
    const kind = 'u64'
    const [a, b] = [u64Frame(0, [1n, 2n]), u64Frame(2, [3n])]
    await load({ kind, rowCount: 3, frames: [a, b] })
    await expectCorrupt({ kind, rowCount: 3, frames: [a] }, /rows 2 to 2 of .*"docs".*missing/)
    await expectCorrupt({ kind, rowCount: 3, frames: [b, a] }, /row 0 is the next/)
    await expectCorrupt({ kind, rowCount: 3, frames: [a, a] }, /row 2 is the next/)
    await expectCorrupt({ kind, rowCount: 2, frames: [a, b] }, /rows 2 to 2.*last row is 1/)
    await expectCorrupt({ kind, rowCount: 3, frames: [a, b], rowBase: 2 }, /row 2 is the next/)
  })

  it('refuses frames of metadata that are not in row order', async () => {
    const first = packedFrame('metadata', 1, ['a', 'b'])
    const frames = [u64Frame(0, [1n, 2n, 3n]), first, packedFrame('metadata', 2, ['c'])]
    await expectCorrupt({ kind: 'u64', rowCount: 3, frames }, /row 3 is the next/)
  })

  it('refuses an id that two live rows have', async () => {
    const frames = [u64Frame(0, [1n, 2n]), u64Frame(2, [2n, 3n])]
    const twice = /row 2 has the id of row 1/
    await expectCorrupt({ kind: 'u64', rowCount: 4, frames }, twice)
    await load({ kind: 'u64', rowCount: 4, frames, aliveWords: Uint32Array.of(0b1101) })
    const texts = [packedFrame('string ids', 0, ['a', 'b', 'b'])]
    await expectCorrupt({ kind: 'string', rowCount: 3, frames: texts }, twice)
    const runs = [runsFrame(0, [[2, 0, 1]]), runsFrame(2, [[1, 1, 2]])]
    await expectCorrupt({ kind: 'assigned', rowCount: 3, frames: runs }, twice)
    await load({ kind: 'assigned', rowCount: 3, frames: runs, aliveWords: Uint32Array.of(0b101) })
  })

  it('refuses ids of another kind than the collection has', async () => {
    const frames = [u64Frame(0, [1n])]
    await expectCorrupt({ kind: 'string', rowCount: 1, frames }, /has string ids/)
    await expectCorrupt({ kind: 'assigned', rowCount: 1, frames }, /has assigned ids/)
  })

  it('refuses strings that no user could have given to a live row', async () => {
    const kind = 'string'
    const long = ['a', 'x'.repeat(513)]
    const frames = [packedFrame('string ids', 0, long)]
    await expectCorrupt({ kind, rowCount: 2, frames }, /row 1: its 513 bytes/)
    const empty = [packedFrame('string ids', 0, ['a', ''])]
    await expectCorrupt({ kind, rowCount: 2, frames: empty }, /row 1: its 0 bytes/)
    await load({ kind, rowCount: 2, frames: empty, aliveWords: Uint32Array.of(1) })
    const broken = { ...packedFrame('string ids', 0, ['abc']) }
    broken.body = Uint8Array.of(1, 0, 0, 0, 0xff)
    await expectCorrupt({ kind, rowCount: 1, frames: [broken] }, /not UTF-8/)
    // 'é' cut in two: as a whole it is UTF-8.
    const split = { kind: 'string ids', rowBase: 0, rowCount: 2 } as const
    const body = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9)
    await expectCorrupt({ kind, rowCount: 2, frames: [{ ...split, body }] }, /row 0: its 1 bytes/)
  })

  it('refuses assigned ids that were never assigned, or not in this order', async () => {
    const kind = 'assigned'
    const cases: readonly (readonly [readonly (readonly [number, number, number])[], RegExp])[] = [
      [[[1, 0, NEXT_ID]], /not from 1 to 999/],
      [[[1, 0, 0]], /not from 1/],
      [
        [
          [1, 0, 5],
          [1, 0, 5],
        ],
        /not from 6/,
      ],
      [[[1, 1, NEXT_ID]], /row 0: id 1000/],
      [[[1, 1, 0]], /row 0: id 0/],
      // An id is assigned before its row can be written again.
      [
        [
          [1, 1, 7],
          [1, 0, 7],
        ],
        /not from 8/,
      ],
      [[[1, 2, 1]], /flag 2/],
      [[[1, 0, 2 ** 60]], /out of range/],
    ]
    for (const [runs, problem] of cases) {
      const frames = [runsFrame(0, runs)]
      const rowCount = frames[0]?.rowCount ?? 0
      await expectCorrupt({ kind, rowCount, frames }, problem)
    }
    const short = { ...runsFrame(0, [[2, 0, 1]]), rowCount: 3 }
    await expectCorrupt({ kind, rowCount: 3, frames: [short] }, /runs have 2 rows/)
  })

  it('refuses ends that do not fit the bytes', async () => {
    const ends = [
      [5, 3],
      [1, 2],
      [1, 4],
    ]
    for (const [first, second] of ends) {
      const words = new Uint8Array(Uint32Array.of(first ?? 0, second ?? 0).buffer)
      const body = Uint8Array.of(...words, 97, 98, 99)
      const frame = { kind: 'metadata', rowBase: 0, rowCount: 2, body } as const
      const frames = [u64Frame(0, [1n, 2n]), frame]
      await expectCorrupt({ kind: 'u64', rowCount: 2, frames }, /item 1 ends|items end/)
    }
  })

  it('reads bodies at any offset of a larger buffer', async () => {
    const bodies = [u64Frame(0, [1n, 2n]), packedFrame('metadata', 0, ['a', 'bc'])]
    const frames = bodies.map((frame) => {
      const buffer = new Uint8Array(frame.body.length + 3)
      buffer.set(frame.body, 3)
      return { ...frame, body: buffer.subarray(3) }
    })
    const { ids, metadata } = await load({ kind: 'u64', rowCount: 2, frames })
    expect(ids.idAt(1)).toBe(2n)
    expect(metadata.get(1)).toEqual(new TextEncoder().encode('bc'))
  })

  it('knows only one answer to bytes that nobody wrote: that they are corrupt', async () => {
    const frame = fc.record({
      kind: fc.constantFrom<ColumnKind[]>('u64 ids', 'string ids', 'assigned ids', 'metadata'),
      rowBase: fc.nat(4),
      rowCount: fc.integer({ min: 1, max: 4 }),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.nat(4), { maxLength: 16 }).map((words) => {
          return new Uint8Array(Uint32Array.from(words).buffer)
        }),
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<IdKind[]>('u64', 'string', 'assigned'),
        fc.array(frame, { maxLength: 3 }),
        fc.nat(255),
        async (kind, frames, alive) => {
          const aliveWords = Uint32Array.of(alive & 31)
          const error: unknown = await load({ kind, rowCount: 5, frames, aliveWords }).then(
            () => undefined,
            (reason: unknown) => reason,
          )
          expect(error === undefined || error instanceof CorruptionError).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('lets the event loop turn', async () => {
    const count = 300_000
    const frames = framesOf(
      indexOf(u64Batch(Array.from({ length: count }, (_, i) => BigInt(i)))),
      count,
    )
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await load({ kind: 'u64', rowCount: count, frames })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(1)
  })
})
