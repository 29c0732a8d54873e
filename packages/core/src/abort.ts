/** What an aborted signal means here: a typed error that says whether anything was written. */

import { AbortError } from './errors.js'
import { listenForAbort } from './listen-for-abort.js'

/**
 * Throws when the signal has fired; nothing has been written yet.
 *
 * @param signal - the caller's signal
 * @param what - the call, for the message
 * @throws AbortError
 * @internal
 */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw abortedBefore(signal, what)
}

/**
 * Throws when the signal has fired; for calls that change nothing.
 *
 * @param signal - the caller's signal
 * @param what - the call, for the message
 * @throws AbortError
 * @internal
 */
export function throwIfReadAborted(signal: AbortSignal | undefined, what: string): void {
  if (!signal?.aborted) return
  const details = { applied: false }
  throw new AbortError(`${what} was aborted`, { cause: signal.reason, details })
}

/**
 * The error for a call that was aborted before it changed anything.
 *
 * @internal
 */
export function abortedBefore(signal: AbortSignal, what: string): AbortError {
  return new AbortError(`${what} was aborted before it changed anything`, {
    cause: signal.reason,
    details: { applied: false },
  })
}

/**
 * The error for a call that was aborted when the log already had the write; it was applied.
 *
 * @param result - what the call would have returned; it becomes part of `details`
 * @internal
 */
export function abortedAfter(signal: AbortSignal, result: object): AbortError {
  return new AbortError('the call was aborted after the write was submitted; it was applied', {
    cause: signal.reason,
    details: { applied: true, ...result },
  })
}

/**
 * Waits for something that never rejects.
 *
 * @throws the signal's reason when it fires first
 * @internal
 */
export async function settledOrAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve) => {
    const stopListening = listenForAbort(signal, resolve)
    void work.then(() => {
      stopListening()
      resolve()
    })
  })
  signal.throwIfAborted()
}
