import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, BLOCK_HEADER_BYTES } from '../../../src/database/checkpoint/block.js'
import { BlockFileReader, writeBlockFile } from '../../../src/database/checkpoint/block-file.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const options = { number: 7, crc32c }
const corrupt = { name: 'CorruptionError', code: 'SLUICE_CORRUPT' }

/** Bytes in which every 4 differ from every other 4. */
function counted(byteLength: number): Uint8Array {
  return new Uint8Array(
    Uint32Array.from({ length: Math.ceil(byteLength / 4) }, (_, i) => i).buffer,
  ).subarray(0, byteLength)
}

async function readAll(path: string, number = 7): Promise<Buffer> {
  const reader = await BlockFileReader.open(path, { number, crc32c })
  try {
    const pieces: Uint8Array[] = []
    for (let piece = await reader.next(); piece; piece = await reader.next()) {
      pieces.push(piece.slice())
    }
    const bytes = Buffer.concat(pieces)
    expect(reader.streamBytes).toBe(bytes.length)
    return bytes
  } finally {
    await reader.close()
  }
}

async function newFile(byteLength: number): Promise<{ path: string; good: Buffer }> {
  const path = join(await temporaryDirectory(), 'some.file')
  await writeBlockFile(path, [counted(byteLength)], options)
  return { path, good: await readFile(path) }
}

describe('a block file', () => {
  it('gives back what was written, in whatever pieces it came', async () => {
    const path = join(await temporaryDirectory(), 'some.file')
    const length = fc.oneof(
      fc.nat({ max: 100 }),
      fc.constantFrom(65_511, 65_512, 65_513, 4 * 65_512, 4 * 65_512 + 1),
      fc.nat({ max: 600_000 }),
    )
    const property = fc.asyncProperty(fc.array(length, { maxLength: 5 }), async (lengths) => {
      const chunks = lengths.map(counted)
      const byteLength = await writeBlockFile(path, chunks, options)
      expect(byteLength).toBe((await readFile(path)).length)
      expect((await readAll(path)).equals(Buffer.concat(chunks))).toBe(true)
    })
    await fc.assert(property, { numRuns: 40 })
  })

  it('has blocks of 64 KiB, and a last one as long as it must be', async () => {
    const { good } = await newFile(BLOCK_BYTES)
    expect(good.length).toBe(BLOCK_BYTES + 2 * BLOCK_HEADER_BYTES)
    expect(good.toString('latin1', 0, 4)).toBe('SLCB')
    expect(good.readUInt32LE(8)).toBe(BLOCK_BYTES - BLOCK_HEADER_BYTES)
    expect(good.readUInt32LE(BLOCK_BYTES + 8)).toBe(BLOCK_HEADER_BYTES)
    expect([good[5], good[BLOCK_BYTES + 5]]).toEqual([0, 1])
  })

  it('copies each piece before it asks for the next', async () => {
    const path = join(await temporaryDirectory(), 'some.file')
    const shared = new Uint8Array(100_000)
    function* pieces(): Generator<Uint8Array> {
      for (let i = 1; i <= 5; i++) yield shared.fill(i)
      shared.fill(99)
    }
    await writeBlockFile(path, pieces(), options)
    const expected = [1, 2, 3, 4, 5].map((i) => new Uint8Array(100_000).fill(i))
    expect((await readAll(path)).equals(Buffer.concat(expected))).toBe(true)
  })

  it('takes the place of what a crash has left under its name', async () => {
    const { path } = await newFile(1000)
    await writeFile(path, new Uint8Array(500_000))
    await writeBlockFile(path, [counted(20)], options)
    expect(await readAll(path)).toEqual(Buffer.from(counted(20)))
  })

  it('is not left behind when writing fails', async () => {
    const path = join(await temporaryDirectory(), 'some.file')
    const failure = new Error('no more')
    function* pieces(): Generator<Uint8Array> {
      yield counted(1_000_000)
      throw failure
    }
    await expect(writeBlockFile(path, pieces(), options)).rejects.toMatchObject({
      code: 'SLUICE_IO',
      cause: failure,
    })
    expect(await readdir(dirname(path))).toEqual([])
  })

  it('that is missing is damage', async () => {
    const path = join(await temporaryDirectory(), 'some.file')
    await expect(readAll(path)).rejects.toMatchObject({ ...corrupt, details: { file: path } })
  })
})

describe('damage to a block file', () => {
  it('is found when any bit is flipped', async () => {
    const { path, good } = await newFile(40)
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good)
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await writeFile(path, bad)
      await expect(readAll(path), `bit ${bit}`).rejects.toMatchObject(corrupt)
    }
  })

  it('is found, and placed, when a byte of a long file is changed', async () => {
    const { path, good } = await newFile(300_000)
    const at = fc.oneof(
      fc.nat({ max: good.length - 1 }),
      fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 23 })).map(([i, byte]) => i * BLOCK_BYTES + byte),
    )
    const change = fc.record({ at, flip: fc.integer({ min: 1, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, flip }) => {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ flip
        await writeFile(path, bad)
        const offset = Math.floor(at / BLOCK_BYTES) * BLOCK_BYTES
        await expect(readAll(path)).rejects.toMatchObject({
          ...corrupt,
          details: { file: path, offset },
        })
      }),
    )
  })

  it('is found when the file is cut anywhere', async () => {
    const short = await newFile(50)
    for (let length = 0; length < short.good.length; length++) {
      await writeFile(short.path, short.good.subarray(0, length))
      await expect(readAll(short.path), `${length} bytes`).rejects.toMatchObject(corrupt)
    }
    const { path, good } = await newFile(200_000)
    for (const length of [1, 2, 3].flatMap((i) => [i * BLOCK_BYTES - 1, i * BLOCK_BYTES])) {
      await writeFile(path, good.subarray(0, length))
      await expect(readAll(path), `${length} bytes`).rejects.toMatchObject(corrupt)
    }
  })

  it('is found when something follows', async () => {
    const { path, good } = await newFile(50)
    for (const rest of [Buffer.alloc(1), Buffer.alloc(BLOCK_BYTES), good]) {
      await writeFile(path, Buffer.concat([good, rest]))
      await expect(readAll(path)).rejects.toMatchObject({
        ...corrupt,
        details: { offset: good.length },
      })
    }
  })

  it('is found when blocks have changed places, are there twice, or are left out', async () => {
    const { path, good } = await newFile(4 * 65_512)
    const blocks = [0, 1, 2, 3].map((i) => good.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES))
    const orders = [[1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 1, 3], [0, 1, 3], [3], [0, 1, 2, 2]]
    for (const order of orders) {
      await writeFile(path, Buffer.concat(order.map((i) => blocks[i] ?? Buffer.alloc(0))))
      await expect(readAll(path), order.join()).rejects.toMatchObject(corrupt)
    }
    await writeFile(path, Buffer.concat(blocks))
    expect(await readAll(path)).toHaveLength(4 * 65_512)
  })

  it('is found when a block belongs to another checkpoint', async () => {
    const { path, good } = await newFile(100_000)
    await expect(readAll(path, 8)).rejects.toMatchObject(corrupt)
    const other = join(dirname(path), 'other')
    await writeBlockFile(other, [counted(100_000)], { number: 8, crc32c })
    const tail = (await readFile(other)).subarray(BLOCK_BYTES)
    await writeFile(path, Buffer.concat([good.subarray(0, BLOCK_BYTES), tail]))
    await expect(readAll(path)).rejects.toMatchObject({
      ...corrupt,
      details: { offset: BLOCK_BYTES },
    })
  })

  it('is told from a block of a later version, and from something else', async () => {
    const { path, good } = await newFile(50)
    const changed = async (at: number): Promise<void> => {
      const bytes = Buffer.from(good)
      bytes[at] = 2
      const crc = crc32c(bytes.subarray(BLOCK_HEADER_BYTES), crc32c(bytes.subarray(0, 20)))
      bytes.writeUInt32LE(crc, 20)
      await writeFile(path, bytes)
    }
    await changed(4)
    await expect(readAll(path)).rejects.toMatchObject({ code: 'SLUICE_UNSUPPORTED_FORMAT' })
    for (const at of [0, 5, 6, 12, 16]) {
      await changed(at)
      await expect(readAll(path), `byte ${at}`).rejects.toMatchObject(corrupt)
    }
  })
})
