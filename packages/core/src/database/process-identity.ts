/**
 * Tells one process from another that got the same pid later: the time it was started, and the
 * boot of the machine. Only Linux tells both; elsewhere a pid alone must do.
 */

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { hasCode } from '../errors.js'

/**
 * Who holds a lock.
 *
 * @internal
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly host: string
  /** Clock ticks from boot to the start of the process; empty where unknown. */
  readonly started: string
  /** Names one boot of the machine; empty where unknown. */
  readonly boot: string
}

/**
 * The identity of this process.
 *
 * @internal
 */
export function ownIdentity(): ProcessIdentity {
  const { pid } = process
  return { pid, host: hostname(), started: startOf(pid) ?? '', boot: bootId() }
}

/**
 * Whether the process with this identity still runs. One on another host counts as running:
 * nobody here can know.
 *
 * @internal
 */
export function isRunning(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true
  if (identity.boot !== bootId()) return false
  if (!answersSignal(identity.pid) || hasEnded(identity.pid)) return false
  return identity.started === '' || (startOf(identity.pid) ?? '') === identity.started
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as another user.
    return hasCode(error, 'EPERM')
  }
}

/** Whether a process is only waiting for its parent to take notice: it answers signals still. */
function hasEnded(pid: number): boolean {
  const state = statOf(pid)?.[0]
  return state === 'Z' || state === 'X'
}

function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19]
}

/** Fields 3 and on of /proc/<pid>/stat, see proc(5); the name in field 2 may contain spaces. */
function statOf(pid: number): readonly string[] | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function bootId(): string {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not Linux, or the process has ended: both mean "unknown".
    return undefined
  }
}
