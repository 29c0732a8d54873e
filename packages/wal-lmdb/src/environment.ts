/** Opening the LMDB file, with the options without which a put would not mean what it has to. */

import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'

/**
 * The database of a log.
 *
 * @internal
 */
export type LogDatabase = RootDatabase<Buffer, Buffer>

/**
 * A state of the database that stays readable until it is `done()`.
 *
 * @internal
 */
export type ReadTransaction = ReturnType<LogDatabase['useReadTransaction']>

/**
 * How to open it.
 *
 * @internal
 */
export interface EnvironmentOptions {
  readonly mapBytes: number
  readonly readOnly: boolean
}

/**
 * The file that LMDB keeps in a directory; its lock file stands beside it.
 *
 * @internal
 */
export function dataFile(directory: string): string {
  return join(directory, 'data.mdb')
}

/**
 * Opens the database, creating it where there is none.
 *
 * @internal
 */
export function openEnvironment(directory: string, options: EnvironmentOptions): LogDatabase {
  const settings = {
    path: dataFile(directory),
    noSubdir: true,
    // The log's own bytes and keys; the default encodes values as msgpack.
    encoding: 'binary' as const,
    keyEncoding: 'binary' as const,
    // With the default (true) a put resolves when it is committed, not when it is synced, and the
    // exit handler that then waits for the sync hung or crashed on process.exit() and on uncaught
    // errors with writes queued (lmdb-js issue 336).
    overlappingSync: false,
    // The default (true) joins the puts of a turn into a `batch`, which failed on exit in the same
    // way. Groups are formed by our own commit loop instead.
    eventTurnBatching: false,
    // Without batching, lmdb-js starts a transaction after this many puts; the rest of the group
    // would land in later ones. Never reached, so it starts when the turn ends: one group, one
    // transaction, all or nothing.
    txnStartThreshold: 1e9,
    // Explicit: by default the map starts at 128 KiB and is mapped anew whenever it is outgrown.
    // `remapChunks` is for 32-bit systems.
    mapSize: options.mapBytes,
    remapChunks: false,
    maxDbs: 1,
    readOnly: options.readOnly,
  }
  return open<Buffer, Buffer>(settings)
}
