/** How a failure is told on the command line. */

import { InternalError, SluiceError } from '@sluice/core'

/**
 * A failure that another process has told of, in its words.
 *
 * @internal
 */
export class BenchFailure extends Error {}

/**
 * The message alone where it tells what to look at, as a disk that is full; with the stack where
 * code is at fault.
 *
 * @internal
 */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return speaksForItself(error) ? error.message : (error.stack ?? error.message)
}

/** Errors of Node.js that come from the system name the call that failed. */
function speaksForItself(error: Error): boolean {
  if (error instanceof SluiceError) return !(error instanceof InternalError)
  return 'syscall' in error || error instanceof BenchFailure
}
