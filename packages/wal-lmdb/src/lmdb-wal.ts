/**
 * A log on LMDB: a copy-on-write tree in one mapped file, written by a thread of its own. Appends
 * are committed in groups. LMDB has nothing between "in memory" and "synced" that would not risk
 * the file, so `os` is raised to `disk`. Pages carry no checksums: records bring their own, which
 * are verified whenever they are read.
 */

import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import {
  CorruptionError,
  InvalidArgumentError,
  storageErrorFrom,
  type WalBackend,
  type WalFactory,
  type WalOpenContext,
} from '@sluice/core'
import { checkFile } from './check-file.js'
import { dataFile, type LogDatabase, openEnvironment } from './environment.js'
import { MARK_KEY } from './keys.js'
import { LmdbLog } from './lmdb-log.js'
import { lsnRange } from './read-records.js'
import { removeBefore } from './remove-range.js'
import { decodeStartMark, encodeStartMark } from './start-mark.js'

/** More than a log needs that is cut at every checkpoint. */
const MAP_BYTES_DEFAULT = 64 * 1024 ** 3
const MAP_BYTES_MIN = 1024 * 1024

/**
 * How a log on LMDB works.
 *
 * @public
 */
export interface LmdbWalOptions {
  /**
   * Address space to reserve for the file, in bytes: neither memory nor disk. A log that outgrows
   * it goes on, but has to be mapped again. At least 1 MiB; default 64 GiB.
   */
  readonly mapBytes?: number
}

/**
 * A log on LMDB. Open it on the main thread.
 *
 * @returns what `open({ wal })` takes
 * @throws `SLUICE_INVALID_ARGUMENT` for a `mapBytes` that is no integer of at least 1 MiB
 * @public
 */
export function lmdbWal(options: LmdbWalOptions = {}): WalFactory {
  const { mapBytes = MAP_BYTES_DEFAULT } = options
  if (!Number.isSafeInteger(mapBytes) || mapBytes < MAP_BYTES_MIN) {
    const message = `mapBytes must be an integer of at least ${MAP_BYTES_MIN}, not ${mapBytes}`
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message)
  }
  return { name: 'lmdb', open: (context) => openLog(context, mapBytes) }
}

async function openLog(context: WalOpenContext, mapBytes: number): Promise<WalBackend> {
  const { directory, readOnly } = context
  if (directory === undefined) {
    const message = 'A log on LMDB needs a directory; use memoryWal() for a database in memory'
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message)
  }
  // Commits run on another thread anyway. When a worker owned the environment, exiting from the
  // main thread hung in 6 of 12 tries.
  if (!isMainThread) {
    const message = 'A log on LMDB must be opened on the main thread; use fileWal() in workers'
    throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message)
  }
  const file = dataFile(directory)
  const exists = existsSync(file)
  if (!exists && readOnly) return new LmdbLog({ context, directory, firstLsn: 1n, lastLsn: 0n })
  let database: LogDatabase | undefined
  try {
    if (exists) await checkFile(file)
    database = openEnvironment(directory, { mapBytes, readOnly })
    const range = await recover(database, context, file)
    return new LmdbLog({ context, directory, database, ...range })
  } catch (error) {
    await database?.close()
    if (error instanceof Error && error.message.startsWith('MDB_')) {
      throw corrupt(file, error.message, undefined, error)
    }
    throw storageErrorFrom(error, 'open the log', { file })
  }
}

/** Finds out what the log holds, and ends a truncation that a crash interrupted. */
async function recover(
  database: LogDatabase,
  { crc32c, readOnly }: WalOpenContext,
  file: string,
): Promise<{ firstLsn: bigint; lastLsn: bigint }> {
  const mark = database.get(MARK_KEY)
  const range = lsnRange(database)
  if (mark === undefined) {
    if (range !== undefined) throw corrupt(file, 'its start mark is missing', range[0])
    if (!readOnly) await database.put(MARK_KEY, encodeStartMark(1n, crc32c))
    return { firstLsn: 1n, lastLsn: 0n }
  }
  const firstLsn = decodeStartMark(mark, crc32c, file)
  if (range === undefined || range[1] < firstLsn) return { firstLsn, lastLsn: firstLsn - 1n }
  if (range[0] > firstLsn) throw corrupt(file, `record ${firstLsn} is missing`, firstLsn)
  if (range[0] < firstLsn && !readOnly) await removeBefore(database, firstLsn)
  return { firstLsn, lastLsn: range[1] }
}

function corrupt(file: string, problem: string, lsn?: bigint, cause?: Error): CorruptionError {
  const message = `The log in ${file} is damaged: ${problem}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, lsn }, cause })
}
