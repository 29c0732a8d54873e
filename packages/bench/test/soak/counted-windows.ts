/** Windows made by hand and at random. */

import fc from 'fast-check'
import {
  type CountedWindow,
  type Counters,
  OPERATIONS,
  type Operation,
  type OperationTime,
} from '../../src/soak/causes.js'

/** Counters of a quiet window, with some set. */
export function counters(
  set: Partial<Omit<Counters, 'operations'>> = {},
  operations: Partial<Record<Operation, OperationTime>> = {},
): Counters {
  const quiet = { busyMs: 80, latencyMs: 10 }
  return {
    gcMs: 2,
    faultMs: 1,
    indexMs: 0,
    checkpointMs: 0,
    noCoreMs: 3,
    discardMs: 2,
    flushMs: 16,
    heldMs: 5,
    ...set,
    operations: {
      logAppend: quiet,
      segmentSync: quiet,
      segmentWrite: quiet,
      queueWait: quiet,
      ...operations,
    },
  }
}

/** So many ordinary windows, which differ a little. */
export function ordinaryWindows(count: number): CountedWindow[] {
  return Array.from({ length: count }, (_, index) => ({
    bytes: 1000 + (index % 7) * 10,
    counters: counters({ gcMs: 2 + (index % 3), heldMs: 5 + (index % 4) }),
  }))
}

const time = fc.double({ min: 0, max: 100, noNaN: true })

/** Any counters. */
export const anyCounters: fc.Arbitrary<Counters> = fc.record({
  gcMs: time,
  faultMs: time,
  indexMs: time,
  checkpointMs: time,
  noCoreMs: time,
  discardMs: time,
  flushMs: time,
  heldMs: time,
  operations: fc.record(
    Object.fromEntries(
      OPERATIONS.map((name) => [
        name,
        fc
          .record({ busyMs: time, latencyMs: fc.double({ min: 0.01, max: 1000, noNaN: true }) })
          .map(({ busyMs, latencyMs }) => (busyMs > 0 ? { busyMs, latencyMs } : NOT_UNDER_WAY)),
      ]),
    ) as Record<Operation, fc.Arbitrary<OperationTime>>,
  ),
})

const NOT_UNDER_WAY: OperationTime = { busyMs: 0, latencyMs: 0 }

/** Any windows. */
export const anyWindows: fc.Arbitrary<CountedWindow[]> = fc.array(
  fc.record({
    bytes: fc.nat(2000),
    counters: anyCounters,
    before: fc.option(anyCounters, { nil: undefined }),
  }),
  { maxLength: 40 },
)
