import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { checkUnlocked, lockDirectory } from '../../src/database/directory-lock.js'
import { ownIdentity } from '../../src/database/process-identity.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** A process that does nothing until it is killed. */
async function startSleeper(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); process.stdout.write("1")'])
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  await once(child.stdout, 'data')
  return child
}

function statOf(pid: number | undefined): Promise<string> {
  return readFile(`/proc/${pid}/stat`, 'utf8')
}

async function writeLock(directory: string, identity: object): Promise<void> {
  await writeFile(join(directory, 'LOCK'), JSON.stringify({ ...identity, token: 'other' }))
}

describe('lockDirectory', () => {
  it('refuses a second holder in one process and lets the next in after release', async () => {
    const directory = await temporaryDirectory()
    const lock = await lockDirectory(directory)
    await expect(lockDirectory(directory)).rejects.toMatchObject({
      code: 'SLUICE_LOCKED',
      details: { pid: process.pid },
    })
    await lock.release()
    const next = await lockDirectory(directory)
    await next.release()
    expect(await readdir(directory)).toEqual([])
  })

  it('names the process that holds the lock', async () => {
    const directory = await temporaryDirectory()
    const { pid } = await startSleeper()
    const stat = await statOf(pid)
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    await writeLock(directory, { ...ownIdentity(), pid, started })
    await expect(lockDirectory(directory)).rejects.toMatchObject({
      code: 'SLUICE_LOCKED',
      details: { pid },
      message: expect.stringContaining(String(pid)),
    })
    await expect(checkUnlocked(directory)).rejects.toMatchObject({ code: 'SLUICE_LOCKED' })
  })

  it('takes over the lock of a process that was killed', async () => {
    const directory = await temporaryDirectory()
    const child = await startSleeper()
    await writeLock(directory, { ...ownIdentity(), pid: child.pid, started: '' })
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'SLUICE_LOCKED' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await lockDirectory(directory)
    await lock.release()
  })

  it('takes over the lock of a process that ended and that nobody has waited for', async () => {
    const directory = await temporaryDirectory()
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'])
    onTestFinished(() => {
      parent.kill('SIGKILL')
    })
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(line)
    // Once the shell is `sleep`, it never waits for its child.
    await vi.waitUntil(async () => (await statOf(parent.pid)).includes('(sleep)'))
    process.kill(pid, 'SIGKILL')
    await vi.waitUntil(async () => (await statOf(pid)).includes(') Z '))
    await writeLock(directory, { ...ownIdentity(), pid, started: '' })
    const lock = await lockDirectory(directory)
    await lock.release()
  })

  it('takes over the lock of an earlier process whose pid is in use again', async () => {
    const directory = await temporaryDirectory()
    await writeLock(directory, { ...ownIdentity(), started: '1' })
    const lock = await lockDirectory(directory)
    await lock.release()
  })

  it('takes over a lock from before the machine was started', async () => {
    const directory = await temporaryDirectory()
    await writeLock(directory, { ...ownIdentity(), boot: 'an earlier boot' })
    const lock = await lockDirectory(directory)
    await lock.release()
  })

  it('takes over when a takeover was cut short', async () => {
    const directory = await temporaryDirectory()
    const dead = { ...ownIdentity(), started: '1', token: 'dead' }
    await writeLock(directory, dead)
    await writeFile(join(directory, 'LOCK.takeover'), JSON.stringify(dead))
    const lock = await lockDirectory(directory)
    await lock.release()
  })

  it('does not remove a lock that is not its own any more', async () => {
    const directory = await temporaryDirectory()
    const lock = await lockDirectory(directory)
    await writeLock(directory, ownIdentity())
    await lock.release()
    expect(await readdir(directory)).toEqual(['LOCK'])
  })

  it('lets exactly one of many through, also over a stale lock', async () => {
    for (const isStale of [false, true]) {
      const directory = await temporaryDirectory()
      if (isStale) await writeLock(directory, { ...ownIdentity(), started: '1' })
      const outcomes = await Promise.allSettled(
        Array.from({ length: 12 }, () => lockDirectory(directory)),
      )
      const locks = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      expect(locks).toHaveLength(1)
      await locks[0]?.release()
    }
  })
})
