/** Starts a program of this package in a process of its own, so that nothing is warm in it. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { atEarlyEnd } from '../at-early-end.js'
import { BenchFailure } from '../failure-text.js'
import type { ProgramMessage } from './answer-parent.js'

/**
 * Runs a program to the end of its process, however that comes about.
 *
 * @param path - of the built program, below `dist`, as `open/open-program.js`
 * @param work - what it is told, by structured clone
 * @returns its reply
 * @throws BenchFailure when it failed; Error when it ended without a reply
 * @internal
 */
export async function runProgram<Reply>(path: string, work: object): Promise<Reply> {
  // Beside this module, or beside its source.
  const program = fileURLToPath(new URL(`../../dist/${path}`, import.meta.url))
  const child = fork(program, [], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  // It would write on where files are being removed.
  const ended = atEarlyEnd(() => child.kill('SIGKILL'))
  try {
    return await replyOf<Reply>(child, path, work)
  } finally {
    ended()
  }
}

async function replyOf<Reply>(child: ChildProcess, path: string, work: object): Promise<Reply> {
  let said: ProgramMessage<Reply> | undefined
  child.once('message', (message) => {
    said = message as ProgramMessage<Reply>
  })
  // What it sent has arrived once the channel is down.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  child.send(work)
  const [[code, signal]] = await ended
  if (said === undefined) throw new Error(`${path} ended without a reply: ${code ?? signal}`)
  if ('failure' in said) throw new BenchFailure(`${path} failed: ${said.failure}`)
  return said.reply
}
