/** One soak: rows without end into a capped collection, watched window by window. */

import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Batch,
  type CheckpointOptions,
  type Collection,
  type Database,
  type KernelProviderInfo,
  LIMITS,
} from '@sluice/core'
import { type DiskSample, sampleDisk } from '../churn/disk-sampler.js'
import type { StorageOptions } from '../common-options.js'
import { openDatabase } from '../database/open-database.js'
import { withDirectory } from '../database/with-directory.js'
import { measureFaultCost } from '../probe/fault-cost.js'
import { collectGarbage } from '../probe/memory.js'
import { metered, type Use } from '../probe/meter.js'
import type { TimeSpan } from '../time-span.js'
import type { Workload } from '../vectors/workload.js'
import { FunctionTimes } from './function-times.js'
import { FaultSchedule } from './inject/fault-schedule.js'
import type { Injection } from './inject/injection.js'
import { recallOfHits } from './recall-of-hits.js'
import { SoakWatch } from './soak-watch.js'
import { type SoakWindow, windowsOf } from './soak-window.js'

/**
 * How long windows are.
 *
 * @internal
 */
export const WINDOW_MS = 100
/** To begin a profile takes a while; the first window is to be as all others. */
const LEAD_MS = 300
/** MB/s are so many bytes a millisecond. */
const BYTES_PER_MS_PER_RATE = 1000
/** Files are looked at so rarely, since that takes turns on the threads that write them. */
const DISK_SAMPLE_MS = 1000
/** Rows go a segment at a time: one is to be no more than so much of the cap. */
const SEGMENT_SHARE_MAX = 1 / 8
/** What a segment has room for at least. */
const SEGMENT_ROWS_MIN = 64

/**
 * A soak.
 *
 * @internal
 */
export interface Soak {
  /** Rows that come around again and again, and queries. */
  readonly workload: Workload
  readonly storage: StorageOptions
  readonly checkpoint: CheckpointOptions
  /** Rows that the collection is capped at, by its retention. */
  readonly rowsMax: number
  /** MB/s offered; undefined: as fast as it goes. */
  readonly rate: number | undefined
  /** Before the first window. */
  readonly warmUpMs: number
  readonly windowCount: number
  readonly injection?: Injection | undefined
}

/**
 * What was measured.
 *
 * @internal
 */
export interface SoakResult {
  readonly windows: readonly SoakWindow[]
  readonly windowMs: number
  /** Of the windows, with what comes right after them. */
  readonly use: Use
  /** Rows acknowledged meanwhile. */
  readonly rows: number
  /** What a page fault costs. */
  readonly faultCostMs: number
  readonly functions: FunctionTimes
  /** Faults that were injected, since the first window began. */
  readonly faults: readonly TimeSpan[]
  /** What the database took on the disk meanwhile, about once a second. */
  readonly disk: readonly DiskSample[]
  /** Rows at the end. */
  readonly rowsKept: number
  /** Of searches at the end that ask for 0.99, to exact ones. */
  readonly recall: number
  readonly kernels: KernelProviderInfo
  /** Warnings and poisonings. */
  readonly troubles: readonly string[]
}

/**
 * Opens a database, keeps it busy, and removes everything again.
 *
 * @throws SluiceError of the load
 * @internal
 */
export async function measureSoak(soak: Soak): Promise<SoakResult> {
  collectGarbage()
  const { storage, checkpoint, injection } = soak
  const schedule = new FaultSchedule()
  return withDirectory(storage.directory, async (directory) => {
    const { wal, durability } = storage
    const { wal: wrap, kernels } = injection ?? {}
    const { database, troubles } = await openDatabase({
      directory,
      wal,
      durability,
      checkpoint,
      ...(wrap ? { wrapWal: (factory) => wrap(factory, schedule) } : {}),
      ...(kernels ? { kernels: kernels(schedule) } : {}),
    })
    try {
      const { workload, rowsMax } = soak
      const { dimension, dtype } = workload.shape
      const segmentBytes = segmentBytesFor(rowsMax, workload.stride)
      const schema = { dimension, dtype, segmentBytes, retention: { rowsMax } }
      const collection = await database.collection('soak', schema)
      const parts = { database, collection, schedule, directory }
      const watched = await new SoakRun(soak, parts).run()
      // What is over the cap by now has gone after this.
      await database.flush()
      return {
        ...watched,
        rowsKept: await collection.count(),
        recall: await recallOfHits(collection, soak.workload),
        kernels: database.stats().kernels,
        troubles,
      }
    } finally {
      await database.close()
    }
  })
}

/** What is measured before the end. */
type Watched = Omit<SoakResult, 'rowsKept' | 'recall' | 'kernels' | 'troubles'>

/** What a run works on. */
interface SoakParts {
  readonly database: Database
  readonly collection: Collection
  readonly schedule: FaultSchedule
  /** Of the database. */
  readonly directory: string
}

/** One run. */
class SoakRun {
  readonly #soak: Soak
  readonly #parts: SoakParts
  readonly #stop = new AbortController()
  #watch: SoakWatch | undefined
  #acknowledgedRows = 0
  #acknowledgedBytes = 0

  constructor(soak: Soak, parts: SoakParts) {
    this.#soak = soak
    this.#parts = parts
  }

  async run(): Promise<Watched> {
    const faultCostMs = measureFaultCost()
    const [watched] = await Promise.all([
      this.#measure(faultCostMs).finally(() => this.#stop.abort()),
      this.#ingest().catch((error: unknown) => {
        this.#stop.abort(error)
        throw error
      }),
    ])
    return watched
  }

  async #ingest(): Promise<void> {
    await this.#parts.collection.ingest(this.#batches(), {
      onProgress: ({ rows, bytes }) => {
        this.#watch?.acknowledged(bytes - this.#acknowledgedBytes)
        this.#acknowledgedRows = rows
        this.#acknowledgedBytes = bytes
      },
    })
  }

  /** The rows of the workload, around and around; the collection gives ids. */
  async *#batches(): AsyncGenerator<Batch> {
    const { workload, rate } = this.#soak
    const { batches } = workload
    const startMs = performance.now()
    let bytes = 0
    for (let index = 0; !this.#stop.signal.aborted; index = (index + 1) % batches.length) {
      if (rate !== undefined) await until(startMs + bytes / BYTES_PER_MS_PER_RATE / rate)
      const batch = batches[index] as Batch & { readonly vectors: ArrayBufferView }
      bytes += batch.vectors.byteLength
      yield batch
    }
  }

  async #measure(faultCostMs: number): Promise<Watched> {
    const { warmUpMs, windowCount, injection, storage } = this.#soak
    const { database, collection, schedule, directory } = this.#parts
    const { signal } = this.#stop
    await delay(warmUpMs, undefined, { signal })
    const { result, use } = await metered(async () => {
      const grid = {
        originMs: performance.now() + LEAD_MS,
        windowMs: WINDOW_MS,
        count: windowCount,
      }
      const disk = storage.wal === 'memory' ? undefined : directory
      const watch = new SoakWatch(database, disk, grid)
      this.#watch = watch
      const functions = new FunctionTimes(grid, (from, to) => watch.disturbed(from, to))
      const rowsBefore = this.#acknowledgedRows
      schedule.start(grid.originMs, windowCount * WINDOW_MS)
      const done = new AbortController()
      const sampling = sampleDisk(directory, done.signal, DISK_SAMPLE_MS)
      const injected = injection?.run?.(
        schedule,
        collection,
        AbortSignal.any([signal, done.signal]),
      )
      try {
        const endMs = grid.originMs + windowCount * WINDOW_MS
        await delay(endMs - performance.now(), undefined, { signal })
      } finally {
        done.abort()
        await injected
        functions.stop()
        await watch.stop()
      }
      const rows = this.#acknowledgedRows - rowsBefore
      return { grid, watch, functions, rows, disk: await sampling }
    })
    const { grid, watch, functions, rows, disk } = result
    const faults = injection ? schedule.spans : []
    return {
      windows: windowsOf(watch.sums, faultCostMs),
      windowMs: WINDOW_MS,
      use,
      rows,
      faultCostMs,
      functions,
      disk: disk.map(({ atMs, usage }) => ({ atMs: atMs - grid.originMs, usage })),
      faults: faults.map(({ startMs, endMs }) => ({
        startMs: startMs - grid.originMs,
        endMs: endMs - grid.originMs,
      })),
    }
  }
}

/** The largest segments, or as many times smaller as it takes for rows to go step by step. */
function segmentBytesFor(rowsMax: number, stride: number): number {
  const { segmentBytesMin, segmentBytesMax } = LIMITS
  const bytes = Math.max(rowsMax * SEGMENT_SHARE_MAX, SEGMENT_ROWS_MIN) * stride
  const powerOfTwo = 2 ** Math.floor(Math.log2(bytes))
  return Math.min(segmentBytesMax, Math.max(segmentBytesMin, powerOfTwo))
}

async function until(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now()
  if (waitMs > 0) await delay(waitMs)
}
