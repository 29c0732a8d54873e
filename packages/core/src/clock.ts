/** The only source of time. */

/**
 * Milliseconds since an arbitrary start, never going back.
 *
 * @internal
 */
export function nowMs(): number {
  return performance.now()
}

/**
 * Milliseconds since 1970, as the system has it: what outlives the process. It may jump.
 *
 * @internal
 */
export function wallClockMs(): number {
  return Date.now()
}

/**
 * Seconds since 1970, rounded up: a time as it is stored.
 *
 * @internal
 */
export function wallClockSeconds(): number {
  return Math.ceil(wallClockMs() / 1000)
}
