/** What a database takes on the disk over time. */

import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { type DiskUsage, diskUsage } from '../database/disk-usage.js'

const SAMPLE_EVERY_MS = 100

/**
 * One look at the disk.
 *
 * @internal
 */
export interface DiskSample {
  /** When it was taken, on the clock of `performance.now()`. */
  readonly atMs: number
  readonly usage: DiskUsage
}

/**
 * Looks at the files every now and then until the signal fires, and once more at the end.
 *
 * @param directory - of the database
 * @param everyMs - between two looks; 100 ms if left out
 * @returns the samples, in order
 * @internal
 */
export async function sampleDisk(
  directory: string,
  signal: AbortSignal,
  everyMs: number = SAMPLE_EVERY_MS,
): Promise<DiskSample[]> {
  const samples: DiskSample[] = []
  let isLast = false
  while (!isLast) {
    isLast = signal.aborted
    samples.push({ usage: await diskUsage(directory), atMs: performance.now() })
    if (!isLast) await pause(everyMs, signal)
  }
  return samples
}

/** A wait that the signal ends. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
