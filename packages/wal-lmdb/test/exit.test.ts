/**
 * The ends that a process with a log on LMDB can come to: in processes of their own, on the built
 * package. lmdb-js hung or crashed in most of them with its default options.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { collect, walContext } from '@sluice/core/conformance'
import { describe, expect, it } from 'vitest'
import { lmdbWal } from '../src/lmdb-wal.js'
import { temporaryDirectory } from './fixture.js'

const PROGRAM = fileURLToPath(new URL('programs/writer.mjs', import.meta.url))
/** A process that has not ended by then hangs; it is killed, and its signal fails the test. */
const TIMEOUT_MS = 20_000

interface Ended {
  readonly code: number | string | null | undefined
  readonly signal: string | null | undefined
  readonly lines: readonly string[]
}

function run(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, stdout) => {
      const lines = stdout.split('\n').filter((line) => line !== '')
      resolve({ code: error === null ? 0 : error.code, signal: error?.signal ?? null, lines })
    })
  })
}

/** LSNs in a log, which is opened as after a crash. */
async function lsnsIn(directory: string): Promise<readonly bigint[]> {
  const log = await lmdbWal().open(walContext(directory))
  const lsns = (await collect(log)).map(({ lsn }) => lsn)
  await log.close()
  return lsns
}

describe('a process with writes under way', () => {
  it.each([
    ['exit', 7],
    ['throw', 1],
  ])('ends cleanly on %s at any time, and loses nothing acknowledged', async (ending, code) => {
    const directory = await temporaryDirectory()
    let before = 0
    for (const count of [1, 2, 3, 7, 20, 21, 40, 77, 150, 300]) {
      const ended = await run(process.execPath, [PROGRAM, directory, ending, `${count}`])
      expect({ count, ...ended }).toMatchObject({ code, signal: null })
      const lsns = await lsnsIn(directory)
      expect(lsns).toEqual(Array.from(lsns, (_, i) => BigInt(i + 1)))
      const acknowledged = Math.max(before, ...ended.lines.map(Number))
      expect(lsns.length).toBeGreaterThanOrEqual(acknowledged)
      before = lsns.length
    }
  })

  // A limit on the size of files makes the write of a commit fail as a full disk does.
  it.runIf(process.platform !== 'win32').each([
    ['disk', 'SLUICE_IO'],
    ['memory', 'SLUICE_POISONED'],
  ])(
    'goes on after a commit failed at %s, without writes or stray rejections',
    async (level, code) => {
      const directory = await temporaryDirectory()
      const limited = ['-c', 'ulimit -f 4000; exec "$@"', 'sh', process.execPath]
      const ended = await run('sh', [...limited, PROGRAM, directory, 'fail', level])
      expect(ended).toEqual({ code: 0, signal: null, lines: [code, 'SLUICE_POISONED', 'closed'] })
      const lsns = await lsnsIn(directory)
      expect(lsns).toEqual(Array.from(lsns, (_, i) => BigInt(i + 1)))
    },
  )

  it('refuses to open in a worker thread, and says what to do instead', async () => {
    const ended = await run(process.execPath, [PROGRAM, await temporaryDirectory(), 'worker', '0'])
    expect(ended).toMatchObject({ code: 0, signal: null })
    expect(ended.lines).toEqual([expect.stringMatching(/^SLUICE_INVALID_ARGUMENT: .*fileWal/)])
  })
})
