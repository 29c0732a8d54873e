/** `verify` in its child process, which is the built package. */

import { fork } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WalProblem } from '@sluice/core'
import { testRecord, testRecords, walContext } from '@sluice/core/conformance'
import { describe, expect, it } from 'vitest'
import { lmdbWal } from '../../src/lmdb-wal.js'
import { endOf } from '../../src/verify/verify-log.js'
import { temporaryDirectory } from '../fixture.js'

const DYING = fileURLToPath(new URL('../programs/dying.mjs', import.meta.url))
const disk = { durability: 'disk' } as const

async function verify(directory: string): Promise<readonly WalProblem[]> {
  return (await lmdbWal().verify?.(walContext(directory, { readOnly: true }))) ?? []
}

describe('verify', () => {
  it('finds nothing wrong with a log, in a directory of any name, or with none', async () => {
    const directory = join(await temporaryDirectory(), 'with a space, and ünïcode')
    await mkdir(directory)
    expect(await verify(directory)).toEqual([])
    const log = await lmdbWal().open(walContext(directory))
    await log.append(testRecords(1n, 300, { payloadBytes: 3000 }), disk)
    await log.truncateBefore(100n)
    await log.close()
    const before = await readFile(join(directory, 'data.mdb'))
    expect(await verify(directory)).toEqual([])
    expect((await readFile(join(directory, 'data.mdb'))).equals(before)).toBe(true)
  })

  it('finds nothing wrong with a log that is written meanwhile', async () => {
    const directory = await temporaryDirectory()
    const log = await lmdbWal().open(walContext(directory))
    await log.append(testRecords(1n, 500), disk)
    let lsn = 500n
    let isOver = false
    const writing = (async () => {
      while (!isOver) {
        lsn += 1n
        const payloadBytes = [40, 6000, 200_000][Number(lsn % 3n)] ?? 0
        await log.append([testRecord(lsn, { payloadBytes })], disk)
        if (lsn % 20n === 0n) await log.truncateBefore(lsn - 30n)
      }
    })()
    expect(await verify(directory)).toEqual([])
    isOver = true
    await writing
    await log.close()
  })

  it('says which record is damaged, or what of the file', async () => {
    const directory = await temporaryDirectory()
    const file = join(directory, 'data.mdb')
    const log = await lmdbWal().open(walContext(directory))
    await log.append(testRecords(1n, 3, { payloadBytes: 50_000 }), disk)
    await log.close()
    const whole = await readFile(file)
    const record = Buffer.from(whole)
    record[record.lastIndexOf('SLWR') + 20_000]! ^= 1
    await writeFile(file, record)
    const problem = expect.stringMatching(/checksum/)
    expect(await verify(directory)).toEqual([{ file, lsn: expect.any(BigInt), problem }])
    const meta = Buffer.from(whole)
    meta[4096 + 30]! ^= 1
    await writeFile(file, meta)
    expect(await verify(directory)).toEqual([{ file, problem: expect.stringMatching(/version/) }])
    await writeFile(file, whole.subarray(0, whole.length - 60_000))
    const offset = whole.length - 60_000
    const missing = await verify(directory)
    expect(missing).toEqual([{ file, offset: expect.any(Number), problem: expect.any(String) }])
    expect(Math.abs((missing[0]?.offset ?? 0) - offset)).toBeLessThan(60_000)
  })

  it('rejects when there is no directory to look into, or no right to', async () => {
    const invalid = { code: 'SLUICE_INVALID_ARGUMENT' }
    await expect(lmdbWal().verify?.(walContext(undefined))).rejects.toMatchObject(invalid)
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'data.mdb'))
    await expect(verify(directory)).rejects.toMatchObject({ code: 'SLUICE_IO' })
  })
})

describe('endOf', () => {
  const end = (ending: string, timeoutMs = 60_000): ReturnType<typeof endOf> =>
    endOf(fork(DYING, [ending], { execArgv: [] }), timeoutMs)

  it('makes a problem of the signal that killed the checker, and of one that hangs', async () => {
    expect(await end('SIGSEGV')).toBe('reading it killed the checker with SIGSEGV')
    expect(await end('SIGBUS')).toBe('reading it killed the checker with SIGBUS')
    expect(await end('hang', 50)).toBe('the checker had not ended after 50 ms')
  })

  it('does not take a checker that could not run for a damaged log', async () => {
    expect(await end('exit')).toMatchObject({ code: 'SLUICE_IO' })
  })
})
