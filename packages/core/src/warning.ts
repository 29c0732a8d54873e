/**
 * What a warning is. Messages are for people and may change; `code` and the keys of `details` are
 * a contract.
 */

import type { ErrorDetails } from './errors.js'

/**
 * Every code a warning of Sluice can carry, and the keys of its `details`.
 *
 * @public
 */
export interface SluiceWarningCodes {
  /** A crash left an unfinished write at the end of the log; it is cut off. */
  readonly SLUICE_WARN_LOG_TORN: 'file' | 'offset' | 'lsn' | 'byteLength'
  /** Writes that had not reached the disk when the machine stopped were lost. */
  readonly SLUICE_WARN_WRITES_LOST: 'firstLostLsn' | 'lastLostLsn'
  /** A segment file is missing, or not as long as its rows. */
  readonly SLUICE_WARN_SEGMENT_SHORT: 'file' | 'expected' | 'actual'
  /** A checkpoint, or the list of them, is damaged; another one, or the log, was used instead. */
  readonly SLUICE_WARN_CHECKPOINT_DAMAGED: 'file' | 'numbers' | 'error' | 'causes'
  /** A checkpoint could not be made; nothing is lost, and the log grows until one succeeds. */
  readonly SLUICE_WARN_CHECKPOINT_FAILED: 'error'
  /** The file of the lists of an index could not be written, read or removed. */
  readonly SLUICE_WARN_LIST_FILE: 'collection' | 'file' | 'cause'
  /** Lists could not be made; searches go through the codes, which takes longer. */
  readonly SLUICE_WARN_LISTS_NOT_MADE: 'collection' | 'cause'
  /** Rows have no codes; searches compare them exactly, which takes longer. */
  readonly SLUICE_WARN_ROWS_NOT_ENCODED: 'collection' | 'cause'
  /** Searches could not be calibrated: they look at more rows than their recall needs. */
  readonly SLUICE_WARN_NOT_CALIBRATED: 'collection' | 'cause'
  /** A thread that encodes rows failed; from now on the event loop encodes them. */
  readonly SLUICE_WARN_ENCODE_THREADS: 'cause'
  /** Direct I/O was refused; segments are written through the page cache, which is slower. */
  readonly SLUICE_WARN_DIRECT_IO: 'reason'
  /** Memory could not be brought in ahead of use; the first use does, which is slower. */
  readonly SLUICE_WARN_PREFAULT: 'cause'
  /** Writes of a collection wait for a writer that is neither committed nor aborted. */
  readonly SLUICE_WARN_WRITER_HELD: 'collection' | 'rowCount' | 'openMs' | 'waiting'
  /** The log has something to say of its own; the message says what. */
  readonly SLUICE_WARN_LOG: 'cause'
}

/**
 * The stable identity of a warning; see {@link SluiceWarningCodes}.
 *
 * @public
 */
export type SluiceWarningCode = keyof SluiceWarningCodes

/**
 * Something worth knowing that is not an error: a fallback taken, a torn tail cut.
 *
 * @public
 */
export interface SluiceWarning {
  /** The stable identity of the warning. */
  readonly code: SluiceWarningCode
  /** For people. */
  readonly message: string
  /** For machines. */
  readonly details: ErrorDetails
}

/**
 * Takes a warning for the user.
 *
 * @public
 */
export type Warn = (warning: SluiceWarning) => void
