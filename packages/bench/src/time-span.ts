/** Stretches of time, and what overlaps with them. */

/**
 * A stretch of time, on the clock of `performance.now()`.
 *
 * @internal
 */
export interface TimeSpan {
  readonly startMs: number
  readonly endMs: number
}

/**
 * Lengths of spans, apart by whether something went on meanwhile.
 *
 * @internal
 */
export interface SplitLengths {
  /** Milliseconds, of those that overlap. */
  readonly during: readonly number[]
  /** Milliseconds, of the others. */
  readonly outside: readonly number[]
}

/**
 * How long a span is.
 *
 * @internal
 */
export function lengthMs({ startMs, endMs }: TimeSpan): number {
  return endMs - startMs
}

/**
 * Splits spans by whether they overlap with any of some others.
 *
 * @param spans - to be split
 * @param others - in order, and apart from each other
 * @internal
 */
export function splitByOverlap(
  spans: readonly TimeSpan[],
  others: readonly TimeSpan[],
): SplitLengths {
  const during: number[] = []
  const outside: number[] = []
  for (const span of spans) {
    const overlaps = others.some(
      ({ startMs, endMs }) => startMs < span.endMs && span.startMs < endMs,
    )
    const lengths = overlaps ? during : outside
    lengths.push(lengthMs(span))
  }
  return { during, outside }
}
