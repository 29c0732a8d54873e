import { execFile } from 'node:child_process'
import { copyFile, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { testRecord, testRecords, walContext } from '@sluice/core/conformance'
import { describe, expect, it } from 'vitest'
import { checkFile, lastTransaction } from '../../src/file-check/check-file.js'
import { lmdbWal } from '../../src/lmdb-wal.js'
import { temporaryDirectory } from '../fixture.js'

const READER = fileURLToPath(new URL('../programs/reader.mjs', import.meta.url))
const PAGE = 4096
const corrupt = { code: 'SLUICE_CORRUPT' }

async function logOf(directory: string, count: number, payloadBytes: number): Promise<string> {
  const log = await lmdbWal().open(walContext(directory))
  await log.append(testRecords(1n, count, { payloadBytes }), { durability: 'disk' })
  await log.close()
  return join(directory, 'data.mdb')
}

describe('checkFile', () => {
  it('accepts whole files, and reports files that lack a page in use', async () => {
    for (const [count, payloadBytes] of [
      [400, 900],
      [30, 50_000],
      [2, 2_500_000],
    ] as const) {
      const file = await logOf(await temporaryDirectory(), count, payloadBytes)
      await checkFile(file)
      const { size } = await stat(file)
      for (const length of [size - (size >>> 2), size >>> 1, 8192, 8191, 4097, 100, 1]) {
        await truncate(file, length)
        await expect(checkFile(file)).rejects.toMatchObject(corrupt)
      }
    }
  })

  it('is what stands between a cut file and the death of the process', async () => {
    const whole = await logOf(await temporaryDirectory(), 40, 9000)
    const { size } = await stat(whole)
    const directory = await temporaryDirectory()
    const file = join(directory, 'data.mdb')
    // The last pages may be free ones: then nothing is missing, and all has to be readable.
    for (const length of [size / 7, size / 3, size - 9 * 4096, size - 2 * 4096, size - 1]) {
      await copyFile(whole, file)
      await truncate(file, Math.floor(length))
      const verdict = await checkFile(file).then(
        () => '40\n',
        () => 'SLUICE_CORRUPT\n',
      )
      const { stdout } = await promisify(execFile)(process.execPath, [READER, directory])
      expect(stdout).toBe(verdict)
    }
    await copyFile(whole, file)
    const { stdout } = await promisify(execFile)(process.execPath, [READER, directory])
    expect(stdout).toBe('40\n')
  })

  it('accepts what LMDB leaves after truncations, last pages never used included', async () => {
    const directory = await temporaryDirectory()
    let lsn = 0n
    for (let round = 0; round < 25; round++) {
      // Opening checks the file.
      const log = await lmdbWal().open(walContext(directory))
      for (let i = 0; i < 5 + (round % 7); i++) {
        lsn += 1n
        const payloadBytes = (round * 7919 + i * 104_729) % 60_000
        await log.append([testRecord(lsn, { payloadBytes })], { durability: 'disk' })
      }
      if (round % 3 === 1) await log.truncateBefore(lsn - BigInt(round % 5))
      if (round % 3 === 2) {
        lsn -= 3n
        await log.truncateAfter(lsn)
      }
      await log.close()
    }
  })

  it('accepts a log of three levels, whose free pages fill a list of several pages', async () => {
    const directory = await temporaryDirectory()
    const log = await lmdbWal().open(walContext(directory))
    await log.append(testRecords(1n, 7, { payloadBytes: 2_000_000 }), { durability: 'disk' })
    await log.append(testRecords(8n, 9000, { payloadBytes: 300 }), { durability: 'disk' })
    await log.truncateBefore(8n)
    await log.close()
    const file = join(directory, 'data.mdb')
    expect((await readFile(file)).readUInt16LE((await newestMeta(file)) + 102)).toBe(3)
    await checkFile(file)
  })

  it('refuses whatever LMDB would have trusted', async () => {
    const directory = await temporaryDirectory()
    const log = await lmdbWal().open(walContext(directory))
    await log.append(testRecords(1n, 300, { payloadBytes: 300 }), { durability: 'disk' })
    await log.append([testRecord(301n, { payloadBytes: 50_000 })], { durability: 'disk' })
    await log.truncateBefore(100n)
    await log.close()
    const file = join(directory, 'data.mdb')
    const whole = await readFile(file)
    const meta = await newestMeta(file)
    const free = PAGE * whole.readUInt32LE(meta + 88)
    const root = PAGE * whole.readUInt32LE(meta + 136)
    const list = node(whole, free, 0) + 16
    const [first, second] = [node(whole, root, 0), node(whole, root, 1)]
    const leaf = PAGE * whole.readUInt32LE(first)
    const lastLeaf = PAGE * whole.readUInt32LE(node(whole, root, count(whole, root) - 1))
    const overflow = node(whole, lastLeaf, count(whole, lastLeaf) - 2)
    const big = PAGE * whole.readUInt32LE(overflow + 20)
    const edits: readonly (readonly [string, RegExp, (bytes: Buffer) => number])[] = [
      ['older', /transaction/, (b) => b.writeUInt32LE(b.readUInt32LE(meta + 152) - 2, meta + 152)],
      ['later', /transactions/, (b) => b.writeUInt32LE(b.readUInt32LE(meta + 152) + 2, meta + 152)],
      ['entries', /entries/, (b) => b.writeUInt8(b[meta + 128]! ^ 1, meta + 128)],
      ['branches', /branch pages/, (b) => b.writeUInt8(b[meta + 104]! ^ 8, meta + 104)],
      ['leaves', /leaf pages/, (b) => b.writeUInt8(b[meta + 112]! ^ 8, meta + 112)],
      ['runs', /overflow pages/, (b) => b.writeUInt8(b[meta + 120]! ^ 8, meta + 120)],
      ['depth', /wrong flags/, (b) => b.writeUInt8(3, meta + 102)],
      ['flags', /unknown flags/, (b) => b.writeUInt8(4, meta + 100)],
      ['end', /does not exist/, (b) => b.writeUInt32LE(5, meta + 144)],
      ['beyond', /is missing/, (b) => b.writeUInt32LE(0x10000, meta + 144)],
      ['page number', /says it is page/, (b) => b.writeUInt8(b[leaf]! ^ 1, leaf)],
      ['page later', /of transaction/, (b) => b.writeUInt8(1, leaf + 12)],
      ['bounds', /bounds/, (b) => b.writeUInt16LE(5000, leaf + 22)],
      ['pointer', /out of range/, (b) => b.writeUInt16LE(4070, leaf + 24)],
      ['gap', /overlap/, (b) => b.writeUInt16LE(b.readUInt16LE(leaf + 24), leaf + 26)],
      ['value length', /beyond its end/, (b) => b.writeUInt32LE(60_000, node(b, leaf, 0))],
      ['key length', /without a key|overlap/, (b) => b.writeUInt16LE(11, node(b, leaf, 1) + 6)],
      ['key', /out of order/, (b) => b.writeUInt8(1, node(b, leaf, 1) + 8)],
      ['bound', /next page/, (b) => b.writeUInt16BE(1, second + 14)],
      ['child', /used twice/, (b) => b.writeUInt32LE(b.readUInt32LE(second), first)],
      ['free child', /used twice/, (b) => b.writeUInt32LE(leaf / PAGE, list + 8)],
      ['free twice', /used twice/, (b) => b.writeUInt32LE(b.readUInt32LE(list + 16), list + 8)],
      ['free nothing', /said to be free/, (b) => b.writeUInt32LE(0x10000, list + 8)],
      ['free list', /cut off/, (b) => b.writeUInt32LE(0x10000, list)],
      ['free run', /of no length/, (b) => b.writeInt32LE(-5, list + 12)],
      ['run', /does not exist/, (b) => b.writeUInt32LE(0x10000, overflow + 20)],
      ['run length', /wrong length/, (b) => b.writeUInt8(3, overflow + 36)],
      ['run header', /another length/, (b) => b.writeUInt8(3, big + 20)],
    ]
    for (const [what, problem, edit] of edits) {
      const bytes = Buffer.from(whole)
      edit(bytes)
      await writeFile(file, bytes)
      const error = await checkFile(file).catch((reason: unknown) => reason)
      expect({ what, error }).toMatchObject({
        what,
        error: { ...corrupt, message: expect.stringMatching(problem), details: { file } },
      })
    }
    await writeFile(file, whole)
    await checkFile(file)
  })
})

/** Where the newer meta page starts. */
async function newestMeta(file: string): Promise<number> {
  return ((await lastTransaction(file)) % 2) * PAGE
}

/** Where node `i` of the page at `page` starts. */
function node(bytes: Buffer, page: number, i: number): number {
  return page + 24 + bytes.readUInt16LE(page + 24 + 2 * i)
}

/** Nodes of the page at `page`. */
function count(bytes: Buffer, page: number): number {
  return bytes.readUInt16LE(page + 20) / 2
}
