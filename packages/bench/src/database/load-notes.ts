/** What a reader has to know of a load: what its acknowledgement means, who encodes rows. */

import type { IngestWorkersStats } from '@sluice/core'
import type { StorageOptions } from '../common-options.js'

/**
 * What is true of rows when their write resolves.
 *
 * @internal
 */
export function acknowledgedNote({ wal, durability }: StorageOptions): string {
  const where = wal === 'memory' ? 'in memory only' : `durability '${durability}'`
  return (
    `at the acknowledgement: visible to searches, ${where}; ` +
    'the index may encode rows shortly after, and searches compare those exactly until then'
  )
}

/**
 * Who makes the codes of the index.
 *
 * @internal
 */
export function encodedNote({ threadsMax, inlineReason }: IngestWorkersStats): string {
  const who =
    inlineReason !== undefined
      ? `the event loop: ${inlineReason}`
      : `${threadsMax} ${threadsMax === 1 ? 'thread' : 'threads'} beside the event loop`
  return `rows are encoded on ${who}`
}

/**
 * What the series `throughputPer100Ms` of loads is of.
 *
 * @param repeat - how many loads there were
 * @internal
 */
export function seriesNote(repeat: number): string {
  return (
    `throughputPer100Ms: what was acknowledged in windows of 100 ms of repetition ${repeat}, the ` +
    'last; its first window, in which the load begins, and its last are not whole'
  )
}
