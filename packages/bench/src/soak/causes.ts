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
  'no-core',
  'log-append',
  'segment-sync',
  'segment-write',
  'discard',
  'disk-flush',
  'event-loop',
  'queue',
  'unknown',
] as const

/**
 * Why a window was slow: garbage collections; memory touched for the first time; the making of
 * lists of an index; a checkpoint; cores that the host or other processes had; appends to the log;
 * syncs of segments; writes of segments; what the disk did for everybody, where none of these was
 * slow enough: discards, flushes; something else that held the event loop; the wait for admission;
 * nothing that is counted.
 *
 * @internal
 */
export type Cause = (typeof CAUSES)[number]

/**
 * What each cause means, in words for who sees them for the first time.
 *
 * @internal
 */
export const CAUSE_MEANINGS: Readonly<Record<Cause, string>> = {
  gc: 'JavaScript collected garbage, and the program stood still meanwhile',
  'page-faults': 'memory was used for the first time, and the system had to bring it in',
  index: 'lists of the index were being made on the cores that the ingest needs, too',
  checkpoint: 'a checkpoint was being made',
  'no-core': 'no core was free: other programs, or the host of this machine, had them',
  'log-append': 'the commit log was slow to write or to sync',
  'segment-sync': 'the disk was slow to sync files of rows (fdatasync)',
  'segment-write': 'the disk was slow to take rows',
  discard: 'the disk was told to forget deleted files, and other requests waited meanwhile',
  'disk-flush': 'the disk was slow to flush its cache, for all who sync files on it',
  'event-loop': 'something else held the main thread of JavaScript',
  queue: 'writes waited to be let in',
  unknown: 'nothing that is counted explains it',
}

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
  /** The event loop was active, and the host or other processes had the cores. */
  readonly noCoreMs: number
  /** Lists being made while the event loop was active. */
  readonly indexMs: number
  readonly checkpointMs: number
  /** Discards and flushes of the disk, by whomever: the time of each, also where they overlap. */
  readonly discardMs: number
  readonly flushMs: number
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
