/**
 * One process per directory. The lock is a file that names its holder, created whole by a hard
 * link, so that nobody sees half of it. A lock whose holder has ended is taken over; the takeover
 * itself is serialised by a second lock of the same kind, held for a moment.
 */

import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, StateError, storageErrorFrom } from '../errors.js'
import { ifThere } from '../if-there.js'
import { randomIdentity } from '../random.js'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js'

const LOCK_FILE = 'LOCK'
const TAKEOVER_FILE = 'LOCK.takeover'
/** Tries before giving up on a directory whose lock changes hands all the time. */
const ATTEMPTS_MAX = 8

/** The content of a lock file. */
interface LockHolder extends ProcessIdentity {
  readonly token: string
}

/**
 * A held lock.
 *
 * @internal
 */
export interface DirectoryLock {
  /** The file. */
  readonly file: string
  /** Whether the file is still there and says what this process wrote. */
  isHeld(): Promise<boolean>
  /** Gives the lock back. */
  release(): Promise<void>
}

/**
 * Takes the lock of a directory.
 *
 * @throws StateError `SLUICE_LOCKED` with the holder in `details` while another holds it
 * @internal
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const holder: LockHolder = {
    ...ownIdentity(),
    token: Buffer.from(randomIdentity(8)).toString('hex'),
  }
  const path = join(directory, LOCK_FILE)
  try {
    await acquire(directory, holder)
  } catch (error) {
    throw storageErrorFrom(error, `lock ${directory}`, { path })
  }
  return {
    file: path,
    isHeld: async () => (await ifThere(() => readFile(path, 'utf8'))) === JSON.stringify(holder),
    release: () => releaseOwn(path, holder),
  }
}

/**
 * Refuses a directory that a running process holds, without taking it.
 *
 * @throws StateError `SLUICE_LOCKED`
 * @internal
 */
export async function checkUnlocked(directory: string): Promise<void> {
  const holder = await readHolder(join(directory, LOCK_FILE))
  if (holder && isRunning(holder)) throw locked(directory, holder)
}

async function acquire(directory: string, holder: LockHolder): Promise<void> {
  const path = join(directory, LOCK_FILE)
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (await createWhole(path, holder)) return
    const other = await readHolder(path)
    if (other && isRunning(other)) throw locked(directory, other)
    await removeStale(directory, holder)
  }
  throw new StateError(
    'SLUICE_LOCKED',
    `${directory} is locked and unlocked by others all the time`,
    {
      details: { directory },
      retryable: true,
    },
  )
}

/** Creates the file with its content at once; false when it exists. */
async function createWhole(path: string, holder: LockHolder): Promise<boolean> {
  const temporary = `${path}.${holder.token}`
  await writeFile(temporary, JSON.stringify(holder))
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Removes the lock file if its holder has ended, as the only one doing so. */
async function removeStale(directory: string, holder: LockHolder): Promise<void> {
  const takeover = join(directory, TAKEOVER_FILE)
  if (!(await createWhole(takeover, holder))) {
    const other = await readHolder(takeover)
    if (other && !isRunning(other)) await rm(takeover, { force: true })
    return
  }
  try {
    const path = join(directory, LOCK_FILE)
    const stale = await readHolder(path)
    if (!stale || !isRunning(stale)) await rm(path, { force: true })
  } finally {
    await rm(takeover, { force: true })
  }
}

async function releaseOwn(path: string, holder: LockHolder): Promise<void> {
  const current = await readHolder(path)
  if (current?.token === holder.token) await rm(path, { force: true })
}

/** The holder named by a lock file; undefined when there is none, or what is there names nobody. */
async function readHolder(path: string): Promise<LockHolder | undefined> {
  const text = await ifThere(() => readFile(path, 'utf8'))
  return text === undefined ? undefined : parseHolder(text)
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isHolder(value) ? value : undefined
  } catch {
    // Files are created whole, so this is not one of ours: nobody to wait for.
    return undefined
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false
  const { pid, host, started, boot, token } = value as Record<string, unknown>
  const areStrings = [host, started, boot, token].every((each) => typeof each === 'string')
  return areStrings && Number.isSafeInteger(pid) && (pid as number) > 0
}

function locked(directory: string, holder: LockHolder): StateError {
  const { pid, host } = holder
  const who = pid === process.pid ? 'this process' : `process ${pid} on ${host}`
  return new StateError('SLUICE_LOCKED', `${directory} is open in ${who}`, {
    details: { directory, pid, host },
    retryable: true,
  })
}
