/**
 * What the system counts of a disk since it began, whoever uses it. Linux alone tells, and only
 * where a file system lies on one block device that it names.
 */

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Counts that only grow, in milliseconds; requests that are under way together each count. They are
 * 0 where nobody tells.
 *
 * @internal
 */
export interface DeviceCounters {
  /** Requests to forget what deleted files held. */
  readonly discardMs: number
  /** Flushes of the disk's cache: what the sync of a file ends with. */
  readonly flushMs: number
}

/** Fields of `stat`, from 0; see Documentation/block/stat.rst of Linux. */
const DISCARD_TICKS = 14
const FLUSH_TICKS = 16

/**
 * The file with the counters of the disk that a directory lies on; undefined where there is none.
 *
 * @internal
 */
export function deviceStatFile(directory: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  const device = `/sys/dev/block/${numberOf(statSync(directory, { bigint: true }).dev)}`
  if (!existsSync(device)) return undefined
  const folder = realpathSync(device)
  // Flushes are counted for the whole disk, not for its parts.
  const whole = existsSync(join(folder, 'partition')) ? dirname(folder) : folder
  const file = join(whole, 'stat')
  return existsSync(file) ? file : undefined
}

/**
 * Reads the counters.
 *
 * @param file - of {@link deviceStatFile}
 * @internal
 */
export function readDeviceCounters(file: string | undefined): DeviceCounters {
  const fields = file === undefined ? [] : readFileSync(file, 'utf8').trim().split(/\s+/)
  return {
    discardMs: Number(fields[DISCARD_TICKS] ?? 0),
    flushMs: Number(fields[FLUSH_TICKS] ?? 0),
  }
}

/** `major:minor`, as the C library puts them into one number. */
function numberOf(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n)
  return `${major}:${minor}`
}
