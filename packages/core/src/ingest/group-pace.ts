/**
 * How long a group of the log waits for more writers, from what groups have taken lately. Writers
 * that await their writes come back a moment after a group has ended, and find the next one gone
 * with those who came during it: two halves take turns then, and every sync serves one of them. A
 * wait that is short beside a sync brings them together. Who writes alone never waits.
 */

/** The share of a sync that a group may wait. */
const WAIT_SHARE = 0.25
/** However long syncs take, a writer that has gone costs the others no more. */
const WAIT_MS_MAX = 10
/** The weight of the newest group in the average. */
const NEWEST_WEIGHT = 0.125

/**
 * A group that has ended.
 *
 * @internal
 */
export interface EndedGroup {
  /** Writes in it. */
  readonly count: number
  /** Writes that came meanwhile and wait. */
  readonly waiting: number
  /** Milliseconds that its append has taken. */
  readonly appendMs: number
  readonly endMs: number
}

/**
 * The pace of one log.
 *
 * @internal
 */
export class GroupPace {
  /** Exponential average of appends; undefined before the first. */
  #appendMs: number | undefined
  #writerCount = 0
  #endMs = 0

  /** Notes a group that has ended. */
  note({ count, waiting, appendMs, endMs }: EndedGroup): void {
    this.#writerCount = count + waiting
    this.#appendMs ??= appendMs
    this.#appendMs += (appendMs - this.#appendMs) * NEWEST_WEIGHT
    this.#endMs = endMs
  }

  /**
   * How long the next group is worth waiting for: until all those write again who wrote when the
   * last one ended, and for no more than a share of a sync.
   *
   * @param waiting - writes that wait
   * @param now - milliseconds
   * @returns milliseconds; 0 or less: not at all
   */
  waitMs(waiting: number, now: number): number {
    if (waiting >= this.#writerCount) return 0
    return this.#endMs + Math.min(WAIT_MS_MAX, (this.#appendMs ?? 0) * WAIT_SHARE) - now
  }
}
