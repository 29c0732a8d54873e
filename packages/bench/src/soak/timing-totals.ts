/** How long operations of a database took in all, and how many there were. */

import type { Database } from '@sluice/core'
import { OPERATIONS, type Operation } from './causes.js'

/**
 * Since opening.
 *
 * @internal
 */
export interface TimingTotal {
  readonly count: number
  readonly totalMs: number
}

/**
 * By operation.
 *
 * @internal
 */
export type TimingTotals = Readonly<Record<Operation, TimingTotal>>

const NOTHING: TimingTotal = { count: 0, totalMs: 0 }

/**
 * Reads them.
 *
 * @internal
 */
export function timingTotals(database: Database): TimingTotals {
  const { timings } = database.stats() as { readonly timings?: Partial<TimingTotals> }
  const entries = OPERATIONS.map((operation) => [operation, timings?.[operation] ?? NOTHING])
  return Object.fromEntries(entries) as TimingTotals
}
