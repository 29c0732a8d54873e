/** Whether batches are small enough for windows of a soak to be compared, and which are. */

import { BenchFailure } from '../failure-text.js'
import { median } from '../figures.js'
import { UsageError } from '../usage-error.js'
import type { JudgedWindow } from './soak-figures.js'

/** Fewer batches than this make windows differ by themselves. */
const BATCHES_MIN = 4
/** Where one comes in every second window or less often, the typical window may be empty. */
const WINDOWS_MAX = 2

/**
 * A batch handed over.
 *
 * @internal
 */
export interface BatchSize {
  readonly rows: number
  readonly bytes: number
}

/**
 * Makes sure that the rate at which rows are offered does not leave most windows empty.
 *
 * @param rate - MB/s; undefined: as fast as they are taken
 * @throws UsageError where it does
 * @internal
 */
export function checkRate(rate: number | undefined, batch: BatchSize, windowMs: number): void {
  if (rate === undefined) return
  const windowBytes = rate * 1000 * windowMs
  if (batch.bytes < WINDOWS_MAX * windowBytes) return
  const seconds = (batch.bytes / rate / 1e6).toFixed(2)
  throw new UsageError(
    `at --rate ${rate} a batch of ${textOf(batch)} comes every ${seconds} s, so that most ` +
      `windows of ${windowMs} ms would have none; ${advice(batch, windowBytes)}`,
  )
}

/**
 * Makes sure that there is a typical window to compare others with.
 *
 * @param judged - of `judge`
 * @throws BenchFailure where there is none
 * @internal
 */
export function checkAcknowledged(judged: readonly JudgedWindow[], batch: BatchSize): void {
  const bytes = bytesOf(judged)
  if (bytes.length === 0) {
    throw new BenchFailure('the profiler held every window; a greater --seconds makes more of them')
  }
  if (median(bytes) > 0) return
  throw new BenchFailure(
    'in most windows nothing was acknowledged, so that none can be called slow: batches of ' +
      `${textOf(batch)} are too large for this machine; ${advice(batch, meanOf(bytes))}`,
  )
}

/**
 * A warning where windows hold so few batches that they differ by when these end.
 *
 * @param judged - of `judge`, some of them not empty
 * @returns undefined where there are enough
 * @internal
 */
export function fewBatchesNote(
  judged: readonly JudgedWindow[],
  batch: BatchSize,
): string | undefined {
  const bytes = bytesOf(judged)
  const batches = median(bytes) / batch.bytes
  if (batches >= BATCHES_MIN) return undefined
  return (
    `a window holds ${batches.toFixed(1)} batches (median): too few, so that windows differ by ` +
    `when batches end; ${advice(batch, meanOf(bytes))}`
  )
}

function advice({ rows, bytes }: BatchSize, windowBytes: number): string {
  const enough = Math.floor((rows * windowBytes) / bytes / BATCHES_MIN)
  if (enough >= 1) return `at this rate --batch ${enough} makes ${BATCHES_MIN} a window`
  return 'single rows are too large at this rate: fewer dimensions (--dim), or a greater --rate'
}

function textOf({ rows, bytes }: BatchSize): string {
  return `${rows} rows, ${(bytes / 1e6).toFixed(1)} MB,`
}

function bytesOf(judged: readonly JudgedWindow[]): number[] {
  return judged.map(({ window }) => window.bytes)
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
