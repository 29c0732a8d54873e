/**
 * How long searches and the steps of a write take, and who is told when a step takes far too long.
 * Recording happens once per call or file operation, never per row, and allocates nothing unless
 * somebody listens to each on the channel `sluice:timing`. The clock comes from outside.
 */

import { channel } from 'node:diagnostics_channel'
import { nowMs } from '../clock.js'
import { LatencyHistogram, type TimingStats } from './latency-histogram.js'

/** Takes `{ name, durationMs }` of everything at its end. */
const eachTiming = channel('sluice:timing')
/** What takes longer has stalled. */
const STALL_MS = 1000

/**
 * What is timed.
 *
 * @public
 */
export type TimingName =
  | 'queueWait'
  | 'segmentWrite'
  | 'segmentSync'
  | 'logAppend'
  | 'write'
  | 'search'
  | 'searchMany'

/**
 * What is timed: a write in the order of its steps, then searches.
 *
 * @internal
 */
export const TIMING_NAMES: readonly TimingName[] = [
  'queueWait',
  'segmentWrite',
  'segmentSync',
  'logAppend',
  'write',
  'search',
  'searchMany',
]

/**
 * How long searches, writes and the steps of these took, since opening.
 *
 * @public
 */
export interface TimingsStats {
  /**
   * Writes and deletes, from the call until they were let in, or gave up: behind older ones of
   * their collection, for room in the queue, and for memory.
   */
  readonly queueWait: TimingStats
  /** Writes to segment files, some MiB each. */
  readonly segmentWrite: TimingStats
  /** Syncs of segment files. */
  readonly segmentSync: TimingStats
  /** Appends to the log, each of a group of writes, with the sync where one is asked for. */
  readonly logAppend: TimingStats
  /** Writes and deletes (of an `ingest`: its pieces), from the call to the acknowledgement. */
  readonly write: TimingStats
  /** Searches, from the call to the answer; those that failed are left out. */
  readonly search: TimingStats
  /** Calls of `searchMany`, likewise, however many queries each of them has. */
  readonly searchMany: TimingStats
}

/**
 * Something that took longer than a second. Of several that overlap the first to end is told, and
 * again one that took twice as long as the last one told.
 *
 * @public
 */
export interface StallEvent {
  /** What took so long, as in {@link TimingsStats}. */
  readonly what: Exclude<TimingName, 'write' | 'search' | 'searchMany'>
  /** How long, in all. */
  readonly durationMs: number
}

/**
 * What {@link Timings} are made of.
 *
 * @internal
 */
export interface TimingsOptions {
  readonly onStall: (event: StallEvent) => void
  /** Milliseconds that never go back. Default: those of the process. */
  readonly now?: () => number
}

/** The stall that was told last. */
interface ToldStall {
  readonly endMs: number
  readonly durationMs: number
}

/**
 * The timings of one database.
 *
 * @internal
 */
export class Timings {
  readonly #onStall: (event: StallEvent) => void
  readonly #told = new Map<TimingName, ToldStall>()
  readonly #histograms: Readonly<Record<TimingName, LatencyHistogram>> = {
    queueWait: new LatencyHistogram(),
    segmentWrite: new LatencyHistogram(),
    segmentSync: new LatencyHistogram(),
    logAppend: new LatencyHistogram(),
    write: new LatencyHistogram(),
    search: new LatencyHistogram(),
    searchMany: new LatencyHistogram(),
  }
  /** Milliseconds since an arbitrary start, for `record`. */
  readonly now: () => number

  constructor({ onStall, now = nowMs }: TimingsOptions) {
    this.#onStall = onStall
    this.now = now
  }

  /** Counts something that ends now, and tells if it was a stall. */
  record(name: TimingName, durationMs: number): void {
    this.#histograms[name].record(durationMs)
    if (eachTiming.hasSubscribers) eachTiming.publish({ name, durationMs })
    if (durationMs > STALL_MS && mayStall(name)) this.#tell(name, durationMs)
  }

  /** Runs a task and counts it, whatever comes of it. */
  measure<T>(name: TimingName, task: () => Promise<T>): Promise<T> {
    const beganMs = this.now()
    const running = task()
    const end = (): void => this.record(name, this.now() - beganMs)
    running.then(end, end)
    return running
  }

  /** Of each: how often, how long. */
  stats(): TimingsStats {
    const { queueWait, segmentWrite, segmentSync, logAppend, ...calls } = this.#histograms
    return {
      queueWait: queueWait.stats(),
      segmentWrite: segmentWrite.stats(),
      segmentSync: segmentSync.stats(),
      logAppend: logAppend.stats(),
      write: calls.write.stats(),
      search: calls.search.stats(),
      searchMany: calls.searchMany.stats(),
    }
  }

  /** How many took at most 2^exponent microseconds, for ascending exponents up to 26. */
  countsUpTo(name: TimingName, exponents: readonly number[]): number[] {
    return this.#histograms[name].countsUpTo(exponents)
  }

  /** A flood of writes that wait behind each other is one stall, and not one per write. */
  #tell(what: StallEvent['what'], durationMs: number): void {
    const endMs = this.now()
    const told = this.#told.get(what)
    if (told && endMs - durationMs < told.endMs && durationMs < 2 * told.durationMs) return
    this.#told.set(what, { endMs, durationMs })
    this.#onStall({ what, durationMs })
  }
}

/** The parts of a slow write tell of themselves; a search takes as long as there are rows. */
function mayStall(name: TimingName): name is StallEvent['what'] {
  return name !== 'write' && name !== 'search' && name !== 'searchMany'
}
