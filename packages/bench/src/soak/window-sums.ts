/**
 * A number per window of time. Memory is taken beforehand, so that a long soak grows by nothing.
 */

/**
 * How time is cut into windows; all have the same length.
 *
 * @internal
 */
export interface WindowGrid {
  /** The beginning of the first, on the clock of `performance.now()`. */
  readonly originMs: number
  readonly windowMs: number
  readonly count: number
}

/**
 * Sums up what is noted, window by window. What lies before the first or after the last is left
 * out.
 *
 * @internal
 */
export class WindowSums {
  readonly #grid: WindowGrid
  readonly #values: Float64Array

  constructor(grid: WindowGrid) {
    this.#grid = grid
    this.#values = new Float64Array(grid.count)
  }

  /** The sum of a window; 0 of one there is not. */
  at(index: number): number {
    return this.#values[index] ?? 0
  }

  /** Adds to the window that an instant is in. */
  add(atMs: number, value: number): void {
    const { originMs, windowMs, count } = this.#grid
    const index = Math.floor((atMs - originMs) / windowMs)
    if (index >= 0 && index < count) this.#values[index] = this.at(index) + value
  }

  /** Adds to the windows of a span, to each by how much of the span is in it. */
  spread(startMs: number, endMs: number, value: number): void {
    const { originMs, windowMs, count } = this.#grid
    if (!(endMs > startMs)) {
      this.add(endMs, value)
      return
    }
    const first = Math.max(0, Math.floor((startMs - originMs) / windowMs))
    const last = Math.min(count - 1, Math.floor((endMs - originMs) / windowMs))
    for (let index = first; index <= last; index++) {
      const fromMs = originMs + index * windowMs
      const overlapMs = Math.min(endMs, fromMs + windowMs) - Math.max(startMs, fromMs)
      const share = Math.max(0, overlapMs) / (endMs - startMs)
      this.#values[index] = this.at(index) + value * share
    }
  }

  /** Counts the span itself, in milliseconds. */
  cover(startMs: number, endMs: number): void {
    this.spread(startMs, endMs, Math.max(0, endMs - startMs))
  }
}
