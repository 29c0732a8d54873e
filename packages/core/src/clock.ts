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

/** Times are stored as u32. */
const SECONDS_MAX = 2 ** 32 - 1

/**
 * Milliseconds since 1970 in seconds, rounded up: a time as it is stored. At least 1, because 0
 * stands for a time that nobody knows, and at most a u32, whatever the clock says: it must not keep
 * a write out.
 *
 * @internal
 */
export function storedSeconds(ms: number): number {
  return Math.min(SECONDS_MAX, Math.max(1, Math.ceil(ms / 1000)))
}
