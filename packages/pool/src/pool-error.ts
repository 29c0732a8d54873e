/**
 * The one error class of this package. A caller decides on `code`, a program reads `details`, a
 * person reads `message`.
 */

/**
 * Stable identity of a pool error.
 * - `SLUICE_INVALID_ARGUMENT`: an argument is of the wrong type or out of range; nothing changed.
 * - `SLUICE_LIMIT_EXCEEDED`: the byte limit, or the system, refuses the memory asked for.
 * - `SLUICE_DOUBLE_RELEASE`: something was released, or used, after it had been released.
 * - `SLUICE_CLOSED`: the allocator was closed.
 * @public
 */
export type PoolErrorCode =
  | 'SLUICE_INVALID_ARGUMENT'
  | 'SLUICE_LIMIT_EXCEEDED'
  | 'SLUICE_DOUBLE_RELEASE'
  | 'SLUICE_CLOSED'

/**
 * Machine-readable facts of an error, such as the bytes asked for and the limit.
 * @public
 */
export type PoolErrorDetails = Readonly<Record<string, unknown>>

/**
 * Thrown by everything in this package.
 * @public
 */
export class PoolError extends Error {
  /** Stable identity of the error. */
  readonly code: PoolErrorCode
  /** The numbers behind the message. */
  readonly details: PoolErrorDetails

  /**
   * @param code - stable identity of the error
   * @param message - names what was asked for and what was available
   * @param details - the same numbers for programs
   * @param options - `cause`, where another error led to this one
   */
  constructor(
    code: PoolErrorCode,
    message: string,
    details: PoolErrorDetails = {},
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options)
    this.name = 'PoolError'
    this.code = code
    this.details = details
  }
}
