/**
 * Verifies a log in a child process, because LMDB trusts its file: damage that the check of the
 * structure missed might kill whoever reads it. The child gets nothing of this process's
 * environment, and ends with it.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SluiceErrorCode, StorageError, type WalProblem } from '@sluice/core'
import { dataFile } from '../environment.js'

/** The built program: beside this module, or beside its source. */
const PROGRAM = fileURLToPath(new URL('../../dist/verify/verify-program.js', import.meta.url))

/** Slower than any disk; a checker that takes longer hangs. */
const BYTES_PER_MS_MIN = 2000
const GRACE_MS = 60_000

/**
 * What the child process says at its end.
 *
 * @internal
 */
export type VerifyMessage =
  | { readonly problems: readonly WalProblem[] }
  | { readonly code: SluiceErrorCode; readonly reason: string }

/**
 * Checks every byte of a log that matters, and changes none.
 *
 * @param directory - where it is; it may be open for writing, here or elsewhere
 * @returns what is wrong; nothing when all is well
 * @throws `SLUICE_IO` and the like when it cannot be checked
 * @internal
 */
export async function verifyLog(
  directory: string,
  mapBytes: number,
): Promise<readonly WalProblem[]> {
  const file = dataFile(directory)
  const byteLength = statSync(file, { throwIfNoEntry: false })?.size
  if (byteLength === undefined) return []
  // Windows does not start a process without it.
  const { SystemRoot } = process.env
  const child = fork(PROGRAM, [resolve(directory), `${mapBytes}`], {
    env: SystemRoot === undefined ? {} : { SystemRoot },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = await endOf(child, GRACE_MS + byteLength / BYTES_PER_MS_MIN)
  if (typeof ended === 'string') return [{ file, problem: ended }]
  if ('problems' in ended) return ended.problems
  throw new StorageError(ended.code, ended.reason, { details: { directory } })
}

/**
 * Waits for a checker to end, for so long.
 *
 * @returns what it said, or how it died instead
 * @internal
 */
export async function endOf(
  child: ChildProcess,
  timeoutMs: number,
): Promise<VerifyMessage | string> {
  // What it said may be read only after its end was noticed, but before the channel closes.
  const closed = new Promise<void>((resolveClosed) => {
    if (child.connected) child.once('disconnect', resolveClosed)
    else resolveClosed()
  })
  return new Promise((resolveEnd, reject) => {
    let said: VerifyMessage | undefined
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.once('message', (message) => {
      said = message as VerifyMessage
    })
    child.once('error', reject)
    child.once('exit', async (code, signal) => {
      clearTimeout(timer)
      await closed
      if (said !== undefined) resolveEnd(said)
      else if (isLate) resolveEnd(`the checker had not ended after ${Math.round(timeoutMs)} ms`)
      else if (signal !== null) resolveEnd(`reading it killed the checker with ${signal}`)
      else resolveEnd({ code: 'SLUICE_IO', reason: `the checker of the log ended with ${code}` })
    })
  })
}
