/** One load into a new database, watched from the first byte to the last acknowledgement. */

import { performance } from 'node:perf_hooks'
import type {
  Collection,
  IngestWorkers,
  IngestWorkersStats,
  KernelProvider,
  KernelProviderInfo,
} from '@sluice/core'
import type { StorageOptions } from '../common-options.js'
import { collectGarbage } from '../probe/memory.js'
import { metered, type Use } from '../probe/meter.js'
import type { Workload } from '../vectors/workload.js'
import { openDatabase, syncCount } from './open-database.js'
import { withDirectory } from './with-directory.js'
import { type WriteCalls, writeWithCalls } from './write-calls.js'

const MEGABYTE = 1e6
const WINDOW_MS = 100

/**
 * A load.
 *
 * @internal
 */
export interface Load {
  readonly workload: Workload
  readonly storage: StorageOptions
  /** The parent of the database's folder. */
  readonly directory: string
  readonly kernels?: KernelProvider
  /** Threads that encode. */
  readonly ingestWorkers?: IngestWorkers
  /** A call for each batch; left out, the batches are one `ingest`. */
  readonly calls?: WriteCalls
  /** Whether room is made before the clock starts. */
  readonly reserve: boolean
  /** Looks at the collection right after the load. */
  readonly inspect?: (collection: Collection) => Promise<void>
}

/**
 * What a load was measured to do.
 *
 * @internal
 */
export interface LoadResult {
  /** MB/s of raw vector data. */
  readonly throughput: number
  readonly seconds: number
  readonly syncs: number
  readonly use: Use
  readonly kernels: KernelProviderInfo
  /** Who encoded rows. */
  readonly ingestWorkers: IngestWorkersStats
  /** The share of the rows that had codes at the last acknowledgement. */
  readonly encodedShare: number
  /** Warnings and poisonings. */
  readonly troubles: readonly string[]
  /** MB/s acknowledged in each window of 100 ms; the last one may be shorter. */
  readonly windows: readonly number[]
}

/**
 * Opens a database, loads the workload, and removes everything again.
 *
 * @throws SluiceError of the load; Error when fewer rows are visible than were acknowledged
 * @internal
 */
export async function measureLoad(load: Load): Promise<LoadResult> {
  collectGarbage()
  return withDirectory(load.directory, async (directory) => {
    const { wal, durability } = load.storage
    const { kernels, ingestWorkers } = load
    const { database, troubles } = await openDatabase({
      directory,
      wal,
      durability,
      ...(kernels ? { kernels } : {}),
      ...(ingestWorkers === undefined ? {} : { ingestWorkers }),
    })
    try {
      const { dimension, dtype, rowCount } = load.workload.shape
      const collection = await database.collection('bench', { dimension, dtype })
      if (load.reserve) await collection.reserve(rowCount)
      const syncsBefore = syncCount(database, collection)
      const { seconds, windows, use } = await writeAll(collection, load)
      const encodedShare = collection.stats().index.encodedRows / rowCount
      const syncs = syncCount(database, collection) - syncsBefore
      await checkCount(collection, rowCount)
      await load.inspect?.(collection)
      const throughput = load.workload.byteLength / MEGABYTE / seconds
      const { kernels: info, ingestWorkers: workers } = database.stats()
      return {
        throughput,
        seconds,
        syncs,
        use,
        kernels: info,
        ingestWorkers: workers,
        encodedShare,
        troubles,
        windows,
      }
    } finally {
      await database.close()
    }
  })
}

async function writeAll(
  collection: Collection,
  { workload, calls }: Load,
): Promise<{ seconds: number; windows: number[]; use: Use }> {
  const windowBytes: number[] = []
  let acknowledged = 0
  const { result: seconds, use } = await metered(async () => {
    const startMs = performance.now()
    const onProgress = (bytes: number): void => {
      const window = Math.floor((performance.now() - startMs) / WINDOW_MS)
      windowBytes[window] = (windowBytes[window] ?? 0) + bytes - acknowledged
      acknowledged = bytes
    }
    if (calls !== undefined) await writeWithCalls(collection, workload, calls, onProgress)
    else await collection.ingest(workload.batches, { onProgress: ({ bytes }) => onProgress(bytes) })
    return (performance.now() - startMs) / 1000
  })
  const windows = Array.from(windowBytes, (bytes = 0) => bytes / MEGABYTE / (WINDOW_MS / 1000))
  return { seconds, windows, use }
}

async function checkCount(collection: Collection, rowCount: number): Promise<void> {
  const visible = await collection.count()
  if (visible === rowCount) return
  throw new Error(`${rowCount} rows were acknowledged, but ${visible} are visible`)
}
