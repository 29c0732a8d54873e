/**
 * The log seam: an ordered, durable list of opaque records. The database numbers, checksums and
 * interprets records; a backend keeps their bytes and their order, and never drops one. Types only.
 */

import type { Warn } from '../warning.js'
import type { Durability } from './durability.js'

/**
 * One record: a number and the encoded bytes, header included.
 *
 * @public
 */
export interface WalRecord {
  /** Log sequence number, from 1, without gaps. */
  readonly lsn: bigint
  /** The encoded record. The backend may keep a reference until `append` settles, not longer. */
  readonly bytes: Uint8Array
}

/**
 * What a backend can do.
 *
 * @public
 */
export interface WalCapabilities {
  /**
   * Levels it honours itself; a level not listed is raised to the next stronger one listed. `disk`
   * is always one of them: `open` refuses a log without it. A log that does not outlive the process
   * takes it to mean what it can do.
   */
  readonly durabilities: readonly Durability[]
  /** Row bytes worth carrying inside a record: 0 or more. */
  readonly inlineBytesMax: number
  /** Bytes of the largest record it takes: at least twice `LIMITS.inlineBytesMax`. */
  readonly frameBytesMax: number
  /** Whether records survive the process. */
  readonly persistent: boolean
}

/**
 * How an append is to be done.
 *
 * @public
 */
export interface WalAppendOptions {
  /** What must be true when the append resolves. */
  readonly durability: Durability
  /** Aborting before the records are submitted rejects; afterwards it changes nothing. */
  readonly signal?: AbortSignal
}

/**
 * The range an append covered.
 *
 * @public
 */
export interface WalAppendResult {
  /** First record appended; `lastLsn + 1` when there was none. */
  readonly firstLsn: bigint
  /** Last record in the log now. */
  readonly lastLsn: bigint
}

/**
 * What a log holds.
 *
 * @public
 */
export interface WalStats {
  /** First record held; `lastLsn + 1` when empty. */
  readonly firstLsn: bigint
  /** Last record held; `firstLsn - 1` when empty. */
  readonly lastLsn: bigint
  /** Bytes on disk, or in memory where there is no disk. */
  readonly byteLength: number
  /** Syncs since opening. */
  readonly syncCount: number
}

/**
 * An open log.
 *
 * Appends are applied in call order. One that fails poisons the handle: every later append
 * rejects with `SLUICE_POISONED`, because after a failed sync nobody knows what is on disk.
 *
 * @public
 */
export interface WalBackend {
  /** What the backend can do. */
  readonly capabilities: WalCapabilities
  /**
   * Adds records whose LSNs continue the log, and resolves once they have the durability asked
   * for; everything before them then has it too. No records: just raises what is there to it.
   *
   * @throws `SLUICE_INVALID_ARGUMENT` for a gap in the LSNs or a record over `frameBytesMax`
   */
  append(records: readonly WalRecord[], options: WalAppendOptions): Promise<WalAppendResult>
  /**
   * Records from `fromLsn` (or the first held) to the last at the time of the call, in order; those
   * that are forgotten meanwhile may be left out. The bytes of a record are the reader's own from
   * the moment it gets them: it may keep or overwrite them, and neither the log nor another reading
   * sees that. A reading that has not come to its end when the log is closed rejects at one of its
   * next steps, after what it has at hand, and never ends as if all had been read.
   *
   * @throws `SLUICE_CORRUPT` where bytes before the durable end of the log are damaged,
   * `SLUICE_CLOSED` once the log is closed, also when that happens while it reads
   */
  read(fromLsn: bigint): AsyncIterable<WalRecord>
  /** Forgets all records below `lsn`, durably. */
  truncateBefore(lsn: bigint): Promise<void>
  /** Forgets all records above `lsn`, durably; the next append continues at `lsn + 1`. */
  truncateAfter(lsn: bigint): Promise<void>
  /** What the log holds, now. */
  stats(): WalStats
  /**
   * Waits for appends and truncations under way, then releases everything; readings end as `read`
   * says. Later appends, readings and truncations reject with `SLUICE_CLOSED`; another `close` does
   * nothing.
   */
  close(): Promise<void>
}

/**
 * Where and how a log is opened.
 *
 * @public
 */
export interface WalOpenContext {
  /** A directory of its own, which exists; undefined for a database in memory. */
  readonly directory: string | undefined
  /** Whether nothing may be written. */
  readonly readOnly: boolean
  /** crc32c to use for framing; the fastest there is. */
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
  /** Takes a warning for the user, such as a torn tail that was cut. */
  readonly warn: Warn
}

/**
 * Something wrong in a log.
 *
 * @public
 */
export interface WalProblem {
  /** The file. */
  readonly file: string
  /** Where in the file, in bytes, if that is known. */
  readonly offset?: number
  /** The record, if that is known. */
  readonly lsn?: bigint
  /** What is wrong, for people. */
  readonly problem: string
}

/**
 * How a backend is named and opened: what `open({ wal })` takes.
 *
 * @public
 */
export interface WalFactory {
  /** Stored in the directory; opening with another name is refused. */
  readonly name: string
  /** Opens the log, or creates it where there is none. */
  open(context: WalOpenContext): Promise<WalBackend>
  /**
   * Reads and checks every byte of a log, and changes none; in a child process where damage could
   * kill the reader. The log may be open in this process, even for writing. A backend without this
   * is checked by reading its records.
   *
   * @param context - as for `open`, with `readOnly` set
   * @returns everything wrong that was found; nothing when all is well
   */
  verify?(context: WalOpenContext): Promise<readonly WalProblem[]>
}
