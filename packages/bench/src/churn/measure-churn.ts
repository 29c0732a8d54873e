/** One long load with checkpoints, a second writer beside it, and a look at what is left. */

import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { CheckpointOptions, Collection, Database, KernelProviderInfo } from '@sluice/core'
import type { StorageOptions } from '../common-options.js'
import { ask, type Examiner } from '../database/answers.js'
import { type DiskUsage, diskUsage } from '../database/disk-usage.js'
import { openDatabase } from '../database/open-database.js'
import { withDirectory } from '../database/with-directory.js'
import { collectGarbage } from '../probe/memory.js'
import { metered, type Use } from '../probe/meter.js'
import { PauseProbe } from '../probe/pauses.js'
import type { TimeSpan } from '../time-span.js'
import type { Workload } from '../vectors/workload.js'
import { type DiskSample, sampleDisk } from './disk-sampler.js'
import { SmallAdds } from './small-adds.js'

const U64_BYTES = 8

/**
 * The load.
 *
 * @internal
 */
export interface Churn {
  readonly workload: Workload
  readonly examiner: Examiner
  readonly storage: StorageOptions
  readonly checkpoint: CheckpointOptions
}

/**
 * What was seen from the first byte to the last acknowledgement.
 *
 * @internal
 */
export interface WatchedLoad {
  readonly load: TimeSpan
  readonly use: Use
  readonly pauses: readonly TimeSpan[]
  /** Between acknowledgements of the load. */
  readonly gaps: readonly TimeSpan[]
  /** Single rows of the second writer. */
  readonly adds: readonly TimeSpan[]
  readonly samples: readonly DiskSample[]
  /** At the last acknowledgement. */
  readonly usageOpen: DiskUsage
}

/**
 * What was measured.
 *
 * @internal
 */
export interface ChurnResult extends WatchedLoad {
  /** The checkpoints that began before the last acknowledgement. */
  readonly checkpoints: readonly TimeSpan[]
  /** After closing. */
  readonly usageClosed: DiskUsage
  /** Bytes of the rows that are alive, and of their ids where they were given. */
  readonly liveBytes: number
  readonly recall: number
  readonly kernels: KernelProviderInfo
  /** Warnings and poisonings. */
  readonly troubles: readonly string[]
}

/**
 * Loads a new database, closes it, opens it again and compares it with what was written.
 *
 * @throws SluiceError; Error when what is found is not what was written
 * @internal
 */
export async function measureChurn(churn: Churn): Promise<ChurnResult> {
  const { workload, storage, checkpoint } = churn
  const { wal, durability } = storage
  return withDirectory(storage.directory, async (parent) => {
    const directory = join(parent, 'database')
    const setup = { directory, wal, durability, checkpoint }
    const small = new SmallAdds(workload)
    const { database, troubles } = await openDatabase(setup)
    const spans = watchCheckpoints(database)
    const watched = await loadAll({ database, directory, workload, small }).finally(() =>
      database.close(),
    )
    const usageClosed = await diskUsage(directory)
    collectGarbage()
    const reopened = await openDatabase(setup)
    const recall = await check(reopened.database, churn.examiner, small).finally(() =>
      reopened.database.close(),
    )
    return {
      ...watched,
      checkpoints: spans.filter(({ startMs }) => startMs < watched.load.endMs),
      usageClosed,
      liveBytes: liveBytesOf(workload) + small.byteLength,
      recall,
      kernels: reopened.database.stats().kernels,
      troubles: [...troubles, ...reopened.troubles],
    }
  })
}

/** The checkpoints made from now on; each is told of at its end. */
function watchCheckpoints(database: Database): readonly TimeSpan[] {
  const spans: TimeSpan[] = []
  database.on('checkpoint', ({ durationMs }) => {
    const endMs = performance.now()
    spans.push({ startMs: endMs - durationMs, endMs })
  })
  return spans
}

/** What a load needs. */
interface LoadParts {
  readonly database: Database
  /** Of the database. */
  readonly directory: string
  readonly workload: Workload
  readonly small: SmallAdds
}

async function loadAll({ database, directory, workload, small }: LoadParts): Promise<WatchedLoad> {
  const { dimension, dtype } = workload.shape
  const collection = await database.collection('bench', { dimension, dtype })
  const stop = new AbortController()
  const gaps: TimeSpan[] = []
  const probe = new PauseProbe()
  const { result, use } = await metered(() =>
    Promise.all([
      ingestAll(collection, workload, gaps).finally(() => stop.abort()),
      small.run(database, stop.signal),
      sampleDisk(directory, stop.signal),
    ]),
  ).finally(() => probe.stop())
  const [load, , samples] = result
  const usageOpen = await diskUsage(directory)
  return { load, use, pauses: probe.pauses, gaps, adds: small.spans, samples, usageOpen }
}

async function ingestAll(
  collection: Collection,
  workload: Workload,
  gaps: TimeSpan[],
): Promise<TimeSpan> {
  const startMs = performance.now()
  let lastMs = startMs
  await collection.ingest(workload.batches, {
    onProgress: () => {
      const nowMs = performance.now()
      gaps.push({ startMs: lastMs, endMs: nowMs })
      lastMs = nowMs
    },
  })
  return { startMs, endMs: performance.now() }
}

async function check(database: Database, examiner: Examiner, small: SmallAdds): Promise<number> {
  await small.check(database)
  const collection = await database.collection('bench')
  return examiner.judge(await ask(collection, examiner.questions))
}

function liveBytesOf(workload: Workload): number {
  const { stride, idCount, shape } = workload
  const rowBytes = idCount * stride
  if (shape.ids === 'assigned') return rowBytes
  if (shape.ids === 'u64') return rowBytes + idCount * U64_BYTES
  let textBytes = 0
  for (let row = 0; row < idCount; row++) textBytes += String(workload.idOf(row)).length
  return rowBytes + textBytes
}
