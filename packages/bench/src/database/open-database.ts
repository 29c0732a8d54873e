/** The database under test, and how it is watched for errors. */

import {
  type Collection,
  type Database,
  fileWal,
  memoryWal,
  type OpenOptions,
  open,
  type WalFactory,
} from '@sluice/core'
import { lmdbWal } from '@sluice/wal-lmdb'

/**
 * The logs that can be asked for. With `memory` the whole database is in memory.
 *
 * @internal
 */
export const WAL_NAMES = ['lmdb', 'file', 'memory'] as const

/**
 * The name of a log.
 *
 * @internal
 */
export type WalName = (typeof WAL_NAMES)[number]

/**
 * The logs that outlive the process.
 *
 * @internal
 */
export const FILE_WAL_NAMES: readonly WalName[] = ['lmdb', 'file']

const WALS: Readonly<Record<WalName, () => WalFactory>> = {
  lmdb: lmdbWal,
  file: fileWal,
  memory: memoryWal,
}

/**
 * How to open it.
 *
 * @internal
 */
export interface DatabaseSetup
  extends Pick<
    OpenOptions,
    'durability' | 'kernels' | 'ingestWorkers' | 'checkpoint' | 'onProgress'
  > {
  /** Made if need be; not used by a database in memory. */
  readonly directory: string
  readonly wal: WalName
  /** Changes the log. */
  readonly wrapWal?: (wal: WalFactory) => WalFactory
}

/**
 * An open database and what went wrong in it.
 *
 * @internal
 */
export interface BenchDatabase {
  readonly database: Database
  /** Warnings and poisonings so far. */
  readonly troubles: readonly string[]
}

/**
 * Opens a database, new or not.
 *
 * @throws SluiceError
 * @internal
 */
export async function openDatabase(setup: DatabaseSetup): Promise<BenchDatabase> {
  const { directory, wal, wrapWal, ...options } = setup
  const factory = WALS[wal]()
  const troubles: string[] = []
  const database = await open({
    ...(wal === 'memory' ? {} : { path: directory }),
    wal: wrapWal ? wrapWal(factory) : factory,
    ...options,
    onWarning: ({ message }) => troubles.push(`warning: ${message}`),
  })
  database.on('poisoned', (error) => troubles.push(`poisoned: ${error.message}`))
  return { database, troubles }
}

/**
 * Syncs since opening, of the log and of the collection's files.
 *
 * @internal
 */
export function syncCount(database: Database, collection: Collection): number {
  return database.stats().wal.syncCount + collection.stats().vectors.syncCount
}
