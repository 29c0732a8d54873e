/** The only source of time. */

/**
 * Milliseconds since an arbitrary start, never going back.
 *
 * @internal
 */
export function nowMs(): number {
  return performance.now()
}
