/** A child process of a crash test: its lines as they come, and its end. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly string[]
  readonly stderr: string
}

/** What to start, and how. */
export interface ChildOptions {
  /** A file beside this one. */
  readonly script: string
  /** Handed over as JSON. */
  readonly work: unknown
  /** Called with each line of standard output. */
  readonly onLine?: (line: string, child: ChildProcess) => void
  /** A shell command to run first, such as `ulimit -n 64`. */
  readonly prelude?: string
  /** A child that still runs after so long counts as hung. */
  readonly hungAfterMs?: number
}

const HUNG_AFTER_MS = 45_000

/** Runs a child to its end. One that hangs is killed, and fails the test. */
export async function runChild(options: ChildOptions): Promise<ChildEnd> {
  const { onLine, hungAfterMs = HUNG_AFTER_MS } = options
  const child = startChild(options)
  const lines: string[] = []
  let stderr = ''
  let isHung = false
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line)
    onLine?.(line, child)
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const timer = setTimeout(() => {
    isHung = true
    child.kill('SIGKILL')
  }, hungAfterMs)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  if (isHung) throw new Error(`the child hung after ${JSON.stringify(lines.slice(-5))}: ${stderr}`)
  return { code, signal, lines, stderr }
}

/** Starts a child that the caller ends; the end of the test kills it. */
export function startChild({ script, work, prelude }: ChildOptions): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const args = [path, JSON.stringify(work)]
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const child =
    prelude === undefined
      ? spawn(process.execPath, args, { stdio })
      : spawn('sh', ['-c', `${prelude} && exec "$0" "$@"`, process.execPath, ...args], { stdio })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}
