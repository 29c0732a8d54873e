/** One run of single-row adds into a new database. */

import { performance } from 'node:perf_hooks'
import type { Collection, KernelProviderInfo, VectorId } from '@sluice/core'
import type { StorageOptions } from '../common-options.js'
import { assertSameBytes } from '../database/answers.js'
import { openDatabase, syncCount } from '../database/open-database.js'
import { withDirectory } from '../database/with-directory.js'
import { collectGarbage } from '../probe/memory.js'
import { metered, type Use } from '../probe/meter.js'
import type { Workload } from '../vectors/workload.js'

/**
 * Single-row adds.
 *
 * @internal
 */
export interface Adds {
  /** In batches of one row. */
  readonly workload: Workload
  readonly storage: StorageOptions
  /** The parent of the database's folder. */
  readonly directory: string
  readonly writers: number
}

/**
 * What they were measured to do.
 *
 * @internal
 */
export interface AddResult {
  readonly seconds: number
  /** One per row. */
  readonly latenciesMs: Float64Array
  readonly syncs: number
  /** Writes that shared a group of the log, on average. */
  readonly recordsPerGroup: number
  readonly use: Use
  readonly kernels: KernelProviderInfo
  /** Warnings and poisonings. */
  readonly troubles: readonly string[]
}

/**
 * Adds all rows, then reads them back and compares.
 *
 * @throws SluiceError of an add; Error when a row is not what was added
 * @internal
 */
export async function measureAdds(adds: Adds): Promise<AddResult> {
  const { workload, storage, writers } = adds
  collectGarbage()
  return withDirectory(adds.directory, async (directory) => {
    const { wal, durability } = storage
    const { database, troubles } = await openDatabase({ directory, wal, durability })
    try {
      const { dimension, dtype } = workload.shape
      const collection = await database.collection('bench', { dimension, dtype })
      const syncsBefore = syncCount(database, collection)
      const commitsBefore = database.stats().commits
      const { result, use } = await metered(() => addAll(collection, workload, writers))
      const syncs = syncCount(database, collection) - syncsBefore
      const { commits, kernels } = database.stats()
      const records = commits.records - commitsBefore.records
      const recordsPerGroup = records / Math.max(1, commits.groups - commitsBefore.groups)
      await checkRows(collection, workload, result.ids)
      const { seconds, latenciesMs } = result
      return { seconds, latenciesMs, syncs, recordsPerGroup, use, kernels, troubles }
    } finally {
      await database.close()
    }
  })
}

interface AddedRows {
  readonly seconds: number
  readonly latenciesMs: Float64Array
  /** By row. */
  readonly ids: readonly VectorId[]
}

async function addAll(
  collection: Collection,
  workload: Workload,
  writers: number,
): Promise<AddedRows> {
  const { batches } = workload
  const latenciesMs = new Float64Array(batches.length)
  const ids: VectorId[] = new Array(batches.length)
  let next = 0
  const write = async (): Promise<void> => {
    for (let row = next++; row < batches.length; row = next++) {
      const batch = batches[row] as (typeof batches)[number]
      const startMs = performance.now()
      const { firstId } = await collection.add(batch)
      latenciesMs[row] = performance.now() - startMs
      ids[row] = firstId ?? (batch.ids?.[0] as VectorId)
    }
  }
  const startMs = performance.now()
  await Promise.all(Array.from({ length: writers }, write))
  return { seconds: (performance.now() - startMs) / 1000, latenciesMs, ids }
}

async function checkRows(
  collection: Collection,
  workload: Workload,
  ids: readonly VectorId[],
): Promise<void> {
  for (const [row, id] of ids.entries()) {
    const [found] = await collection.get([id] as bigint[] | string[], { include: ['vector'] })
    assertSameBytes(found?.vector, workload.bytesOf(row), `row ${row}, id ${id},`)
  }
}
