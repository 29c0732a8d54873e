/**
 * The one error family of Sluice: a base class, a stable `code`, machine-readable `details`.
 * Messages are for people and may change; `code` and the keys of `details` are a contract.
 */

import { plainJson } from './plain-json.js'

/**
 * Every code an error of Sluice can carry, and the classes that carry it.
 *
 * @public
 */
export interface SluiceErrorCodes {
  /** An argument or option is missing, unknown, of a wrong type or out of its range. */
  readonly SLUICE_INVALID_ARGUMENT: InvalidArgumentError
  /** A vector has not the dimension of the collection. */
  readonly SLUICE_DIMENSION_MISMATCH: InvalidArgumentError
  /** A vector has NaN or infinity in it, or a number that its dtype cannot hold. */
  readonly SLUICE_NON_FINITE_VECTOR: InvalidArgumentError
  /** The name of a collection is empty, too long or has other signs than it may. */
  readonly SLUICE_INVALID_NAME: InvalidArgumentError
  /** An argument is over a limit; or, as a StateError, memory, rows or collections are used up. */
  readonly SLUICE_LIMIT_EXCEEDED: InvalidArgumentError | StateError
  /** A schema, kind of ids or log is not the one that is stored. */
  readonly SLUICE_SCHEMA_MISMATCH: InvalidArgumentError
  /** An id that was to be added exists, or is in the batch twice. */
  readonly SLUICE_DUPLICATE_ID: InvalidArgumentError
  /** The database, log or writer is closed, or closes. */
  readonly SLUICE_CLOSED: StateError
  /** Another process, or another `open` of this one, has the directory. */
  readonly SLUICE_LOCKED: StateError
  /** The database was opened with `readOnly`. */
  readonly SLUICE_READ_ONLY: StateError
  /** There is no such database, collection or row, or the collection was dropped. */
  readonly SLUICE_NOT_FOUND: StateError
  /** The file system or the log failed; `cause` is its error. */
  readonly SLUICE_IO: StorageError
  /** The disk, or a quota, is full. */
  readonly SLUICE_NO_SPACE: StorageError
  /** The process or the system has too many files open. */
  readonly SLUICE_TOO_MANY_FILES: StorageError
  /** The operating system forbids it. */
  readonly SLUICE_PERMISSION: StorageError
  /** An earlier I/O error ended all writing; reads go on over what was acknowledged. */
  readonly SLUICE_POISONED: StorageError
  /** Stored bytes are not what was written. */
  readonly SLUICE_CORRUPT: CorruptionError
  /** A file is of a version that this release does not know. */
  readonly SLUICE_UNSUPPORTED_FORMAT: CorruptionError
  /** The signal of the caller fired. */
  readonly SLUICE_ABORTED: AbortError
  /** An invariant of Sluice is broken. */
  readonly SLUICE_INTERNAL: InternalError
}

/**
 * The stable identity of an error; see {@link SluiceErrorCodes}.
 *
 * @public
 */
export type SluiceErrorCode = keyof SluiceErrorCodes

/**
 * Machine-readable facts about an error: row numbers, expected and actual values, files, offsets.
 *
 * @public
 */
export type ErrorDetails = Readonly<Record<string, unknown>>

/**
 * What an error may carry beside its code and message.
 *
 * @public
 */
export interface ErrorContext {
  /** Facts for machines; see {@link ErrorDetails}. */
  readonly details?: ErrorDetails
  /** The error that led to this one. */
  readonly cause?: unknown
  /** Whether the same call may succeed later, unchanged. Default false. */
  readonly retryable?: boolean
}

/**
 * An error as `JSON.stringify` writes it.
 *
 * @public
 */
export interface SluiceErrorJson {
  /** The name of its class. */
  readonly name: string
  /** The stable identity of the error. */
  readonly code: SluiceErrorCode
  /** For people. */
  readonly message: string
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean
  /**
   * Facts for machines: bigints are decimal text, typed arrays `Float32Array(384)`, errors their
   * `name`, `code` and `message`.
   */
  readonly details: object
}

/**
 * The base of every error thrown by Sluice.
 *
 * @public
 */
export class SluiceError extends Error {
  /** The stable identity of the error. */
  readonly code: SluiceErrorCode
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean
  /** Facts for machines. */
  readonly details: ErrorDetails

  /** @param code - the stable identity; @param message - names the row, expected and actual. */
  constructor(code: SluiceErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.name = new.target.name
    this.code = code
    this.retryable = context.retryable ?? false
    this.details = context.details ?? {}
  }

  /** What `JSON.stringify` writes, which loggers use: by itself it takes no bigint. */
  toJSON(): SluiceErrorJson {
    const { name, code, message, retryable } = this
    return { name, code, message, retryable, details: Object(plainJson(this.details)) }
  }
}

/**
 * The caller gave something that can never be accepted; nothing was changed.
 *
 * @public
 */
export class InvalidArgumentError extends SluiceError {}

/**
 * The call does not fit the state of the database: closed, locked, read-only, not found, or full,
 * where the same call may succeed at another time (`retryable`); nothing was changed.
 *
 * @public
 */
export class StateError extends SluiceError {}

/**
 * The file system or a WAL backend failed. After one, writes are refused (`SLUICE_POISONED`).
 *
 * @public
 */
export class StorageError extends SluiceError {}

/**
 * Stored bytes are not what was written: `details` names file, offset or LSN.
 *
 * @public
 */
export class CorruptionError extends SluiceError {}

/**
 * The caller's `AbortSignal` fired. `details.applied` says whether a write happened all the same.
 *
 * @public
 */
export class AbortError extends SluiceError {
  constructor(message: string, context: ErrorContext = {}) {
    super('SLUICE_ABORTED', message, context)
    this.name = 'AbortError'
  }
}

/**
 * A broken invariant inside Sluice: please report it.
 *
 * @public
 */
export class InternalError extends SluiceError {
  constructor(message: string, context: ErrorContext = {}) {
    super('SLUICE_INTERNAL', message, context)
  }
}

const CODE_BY_ERRNO: Readonly<Record<string, SluiceErrorCode>> = {
  ENOSPC: 'SLUICE_NO_SPACE',
  EDQUOT: 'SLUICE_NO_SPACE',
  EFBIG: 'SLUICE_NO_SPACE',
  EMFILE: 'SLUICE_TOO_MANY_FILES',
  ENFILE: 'SLUICE_TOO_MANY_FILES',
  EACCES: 'SLUICE_PERMISSION',
  EPERM: 'SLUICE_PERMISSION',
  EROFS: 'SLUICE_PERMISSION',
}

/**
 * Wraps an error of the operating system as a {@link StorageError}, or passes a Sluice error on.
 *
 * @param error - what was thrown
 * @param operation - what was being done, as in "write segment 3"
 * @param details - further facts, such as the file
 * @returns an error with a stable code; `cause` is the original
 * @public
 */
export function storageErrorFrom(
  error: unknown,
  operation: string,
  details: ErrorDetails = {},
): SluiceError {
  if (error instanceof SluiceError) return error
  const { code: errno, message } = describeCause(error)
  const code = (errno !== undefined && CODE_BY_ERRNO[errno]) || 'SLUICE_IO'
  return new StorageError(code, `${operation} failed: ${message}`, {
    cause: error,
    details: { ...details, operation, ...(errno === undefined ? {} : { errno }) },
    retryable: code === 'SLUICE_TOO_MANY_FILES',
  })
}

function describeCause(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { code, message: error.message }
}

/**
 * Whether an error carries this code: an error number of the system, or a code of ours.
 *
 * @internal
 */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
