import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { atEarlyEnd } from '../src/at-early-end.js'

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const MODULE = new URL('../dist/at-early-end.js', import.meta.url).href

/** Runs that would take hours, each with a line that it says while its folder is there. */
const LONG_RUNS: readonly (readonly [string, string, ...string[]])[] = [
  ['ingest', '1 of 1000', '--rows', '500', '--dim', '16', '--queries', '2', '--repeat', '1000'],
  ['matrix', '1 of 15000', '--bytes', '100000', '--dims', '16', '--repeat', '1000'],
  ['open', '1 of 1000', '--rows', '500', '--batch', '500', '--dim', '16', '--repeat', '1000'],
]

describe('a process that ends early', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  /** Resolves once a line was said; goes on listening, so that the child can go on speaking. */
  function said(child: ChildProcess, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let all = ''
      child.stderr?.on('data', (chunk) => {
        all += String(chunk)
        if (all.includes(text)) resolve()
      })
      child.on('close', () => reject(new Error(`it ended and said: ${all}`)))
    })
  }

  it.each(LONG_RUNS)('%s leaves no files behind', async (name, line, ...options) => {
    const child = spawn(process.execPath, [CLI, name, ...options, '--dir', directory])
    const exited = once(child, 'exit')
    await said(child, line)
    child.kill('SIGTERM')
    expect(await exited).toEqual([143, null])
    expect(await readdir(directory)).toEqual([])
  })

  it('leaves no file of the disk probe behind', async () => {
    const made = watch(directory)[Symbol.asyncIterator]()
    const first = made.next()
    const options = ['--seconds', '9000', '--rows-max', '500', '--dim', '16']
    const child = spawn(process.execPath, [CLI, 'soak', ...options, '--dir', directory])
    const exited = once(child, 'exit')
    await first
    await made.return?.()
    child.kill('SIGINT')
    expect(await exited).toEqual([130, null])
    expect(await readdir(directory)).toEqual([])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'has the status of %s, and what was to be done is done, last first',
    async (signal, status) => {
      const program = `
      import { atEarlyEnd } from '${MODULE}'
      atEarlyEnd(() => process.stdout.write('first '))
      atEarlyEnd(() => { throw new Error('second') })
      atEarlyEnd(() => process.stdout.write('third '))()
      atEarlyEnd(() => process.stdout.write('fourth '))
      setInterval(() => undefined, 1000)
      process.stderr.write('ready')`
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
      let out = ''
      child.stdout.on('data', (chunk) => {
        out += String(chunk)
      })
      const closed = once(child, 'close')
      await said(child, 'ready')
      child.kill(signal)
      expect(await closed).toEqual([status, null])
      expect(out).toBe('fourth first ')
    },
  )

  it('is not listened for where there is nothing to do', () => {
    const count = process.listenerCount('SIGINT')
    const done = [atEarlyEnd(() => undefined), atEarlyEnd(() => undefined)]
    expect(process.listenerCount('SIGINT')).toBe(count + 1)
    for (const each of done) each()
    expect(process.listenerCount('SIGINT')).toBe(count)
  })
})
