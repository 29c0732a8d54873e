import { execFile } from 'node:child_process'
import { copyFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { testRecord, testRecords, walContext } from '@sluice/core/conformance'
import { describe, expect, it } from 'vitest'
import { checkFile } from '../src/check-file.js'
import { lmdbWal } from '../src/lmdb-wal.js'
import { temporaryDirectory } from './fixture.js'

const READER = fileURLToPath(new URL('programs/reader.mjs', import.meta.url))
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
})
