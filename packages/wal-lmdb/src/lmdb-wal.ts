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
import { createLog } from './create-log.js'
import { dataFile, type LogDatabase, openEnvironment } from './environment.js'
import { checkFile } from './file-check/check-file.js'
import { LmdbLog } from './lmdb-log.js'
import { readLogRange } from './log-range.js'
import { verifyLog } from './verify/verify-log.js'

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
  return {
    name: 'lmdb',
    open: (context) => openLog(context, mapBytes),
    verify: async (context) => verifyLog(directoryOf(context), mapBytes),
  }
}

function directoryOf({ directory }: WalOpenContext): string {
  if (directory !== undefined) return directory
  const message = 'A log on LMDB needs a directory; use memoryWal() for a database in memory'
  throw new InvalidArgumentError('SLUICE_INVALID_ARGUMENT', message)
}

async function openLog(context: WalOpenContext, mapBytes: number): Promise<WalBackend> {
  const { readOnly, crc32c } = context
  const directory = directoryOf(context)
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
    else await createLog(directory, mapBytes, crc32c)
    database = openEnvironment(directory, { mapBytes, readOnly })
    const range = readLogRange({ database, file, crc32c })
    return new LmdbLog({ context, directory, database, ...range })
  } catch (error) {
    await database?.close()
    if (error instanceof Error && error.message.startsWith('MDB_')) {
      const message = `The log in ${file} is damaged: ${error.message}`
      throw new CorruptionError('SLUICE_CORRUPT', message, { details: { file }, cause: error })
    }
    throw storageErrorFrom(error, 'open the log', { file })
  }
}
