/**
 * Counts everything that may slow an ingest down, window by window: what the runtime and the
 * database tell of, and counters that are read every 20 ms. A reading that comes late, because the
 * event loop was held, is spread over the time since the last one.
 */

import {
  constants,
  type EventLoopUtilization,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { BuildEvent, Database } from '@sluice/core'
import {
  type DeviceCounters,
  deviceStatFile,
  readDeviceCounters,
} from '../probe/device-counters.js'
import { type ProcessCounters, readProcessCounters } from '../probe/process-counters.js'
import { createSums, type SoakSums, type SumName } from './soak-window.js'
import { followTimings } from './timing-feed.js'
import type { WindowGrid } from './window-sums.js'

const TIMER_MS = 5
/** Less is the timer's own doing. */
const LATE_MS_MIN = 1
const SAMPLE_MS = 20
/** A build that tells nothing for longer was not at work, but held back. */
const BUILD_GAP_MS_MAX = 1000

/** A collection of garbage. */
interface GcEntry {
  readonly startTime: number
  readonly duration: number
  readonly detail?: unknown
}

/** What is read every now and then. */
interface Sample {
  readonly atMs: number
  readonly system: ProcessCounters & DeviceCounters
  readonly loop: EventLoopUtilization
}

/**
 * Watches from construction until `stop`.
 *
 * @internal
 */
export class SoakWatch {
  /** To be read once it was stopped. */
  readonly sums: SoakSums
  readonly #observer: PerformanceObserver
  readonly #timer: NodeJS.Timeout
  readonly #deviceFile: string | undefined
  readonly #unlisten: readonly (() => void)[]
  readonly #builds = new Map<string, { readonly atMs: number; readonly durationMs: number }>()
  #dueMs = performance.now() + TIMER_MS
  #last: Sample

  /** @param directory - on the disk that is watched, too; undefined: none is in use */
  constructor(database: Database, directory: string | undefined, grid: WindowGrid) {
    this.sums = createSums(grid)
    this.#deviceFile = directory === undefined ? undefined : deviceStatFile(directory)
    this.#last = this.#read()
    this.#observer = new PerformanceObserver((list) => this.#collections(list.getEntries()))
    this.#observer.observe({ entryTypes: ['gc'] })
    this.#unlisten = [
      database.on('checkpoint', ({ durationMs }) => {
        const nowMs = performance.now()
        this.#cover('checkpointMs', nowMs - durationMs, nowMs)
      }),
      database.on('build', (event) => this.#build(event)),
      followTimings(this.sums),
    ]
    this.#timer = setInterval(() => this.#tick(), TIMER_MS)
  }

  /** Says that bytes were acknowledged just now. */
  acknowledged(bytes: number): void {
    this.sums.plain.bytes.add(performance.now(), bytes)
  }

  /** Says that what watches held the event loop itself. */
  disturbed(startMs: number, endMs: number): void {
    this.#cover('probeMs', startMs, endMs)
  }

  /** Ends counting; resolves when all that was on its way has come in. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#tick()
    this.#sample()
    await delay(TIMER_MS)
    this.#collections(this.#observer.takeRecords())
    this.#observer.disconnect()
    for (const unlisten of this.#unlisten) unlisten()
  }

  #tick(): void {
    const nowMs = performance.now()
    if (nowMs - this.#dueMs >= LATE_MS_MIN) this.#cover('heldMs', this.#dueMs, nowMs)
    if (nowMs - this.#last.atMs >= SAMPLE_MS) this.#sample()
    this.#dueMs = performance.now() + TIMER_MS
  }

  #sample(): void {
    const before = this.#last
    const now = this.#read()
    this.#last = now
    this.#rss(now.atMs)
    for (const name of Object.keys(now.system) as (keyof Sample['system'])[]) {
      const change = now.system[name] - before.system[name]
      this.sums.plain[name].spread(before.atMs, now.atMs, change)
    }
    const active = now.loop.active - before.loop.active
    this.sums.plain.activeMs.spread(before.atMs, now.atMs, active)
  }

  #read(): Sample {
    return {
      system: { ...readProcessCounters(), ...readDeviceCounters(this.#deviceFile) },
      loop: performance.eventLoopUtilization(),
      atMs: performance.now(),
    }
  }

  #rss(atMs: number): void {
    const { grid, rss } = this.sums
    const index = Math.floor((atMs - grid.originMs) / grid.windowMs)
    if (index >= 0 && index < grid.count) rss[index] = process.memoryUsage.rss()
  }

  #collections(entries: readonly GcEntry[]): void {
    for (const { startTime, duration, detail } of entries) {
      this.#cover(gcSumOf(detail), startTime, startTime + duration)
    }
  }

  #build({ collection, durationMs }: BuildEvent): void {
    const atMs = performance.now()
    const before = this.#builds.get(collection)
    this.#builds.set(collection, { atMs, durationMs })
    const isSame = before !== undefined && before.durationMs < durationMs
    const startMs = Math.max(isSame ? before.atMs : 0, atMs - durationMs)
    if (atMs - startMs <= BUILD_GAP_MS_MAX) this.#cover('buildMs', startMs, atMs)
  }

  #cover(name: SumName, startMs: number, endMs: number): void {
    this.sums.plain[name].cover(startMs, endMs)
  }
}

function gcSumOf(detail: unknown): SumName {
  const { kind } = detail as { readonly kind?: number }
  if (kind === constants.NODE_PERFORMANCE_GC_MINOR) return 'gcMinorMs'
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR ? 'gcMajorMs' : 'gcOtherMs'
}
