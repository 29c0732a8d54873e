/** What can slow a window of a soak down, and what is counted to tell. Types and names alone. */

/**
 * Causes, in the order of their codes in series, from 1; 0 is a window that was not slow.
 *
 * @internal
 */
export const CAUSES = [
  'gc',
  'page-faults',
  'index',
  'checkpoint',
  'stolen',
  'log-append',
  'segment-sync',
  'segment-write',
  'event-loop',
  'queue',
  'unknown',
] as const

/**
 * Why a window was slow: garbage collections; memory touched for the first time; the making of
 * lists of an index; a checkpoint; cores that the host or other processes had; appends to the log;
 * syncs of segments; writes of segments; something else that held the event loop; the wait for
 * admission; nothing that is counted.
 *
 * @internal
 */
export type Cause = (typeof CAUSES)[number]

/**
 * What is timed in the database: each has a latency.
 *
 * @internal
 */
export const OPERATIONS = ['logAppend', 'segmentSync', 'segmentWrite', 'queueWait'] as const

/**
 * A timed operation.
 *
 * @internal
 */
export type Operation = (typeof OPERATIONS)[number]

/**
 * How slow an operation was in a window.
 *
 * @internal
 */
export interface OperationTime {
  /** The time that was spent in it, summed up over those under way together, in milliseconds. */
  readonly busyMs: number
  /** The mean latency of those under way, by the time they were; 0 when there were none. */
  readonly latencyMs: number
}

/**
 * What was counted in a window. Milliseconds are of wall time, and of the main thread, unless it is
 * said otherwise.
 *
 * @internal
 */
export interface Counters {
  readonly gcMs: number
  /** What the page faults of the process cost at the price of one, measured before the soak. */
  readonly faultMs: number
  /** Cores taken by the host or other processes while the event loop was active. */
  readonly stolenMs: number
  /** Lists being made while the event loop was active. */
  readonly indexMs: number
  readonly checkpointMs: number
  /** By how much a timer came late, in all. */
  readonly heldMs: number
  readonly operations: Readonly<Record<Operation, OperationTime>>
}

/**
 * A window, as far as its cause is concerned.
 *
 * @internal
 */
export interface CountedWindow {
  /** Bytes acknowledged. */
  readonly bytes: number
  readonly counters: Counters
  /** Of the window before: what is acknowledged in this one was under way there. */
  readonly before?: Counters | undefined
}
