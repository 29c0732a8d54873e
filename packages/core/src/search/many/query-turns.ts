/**
 * Which queries of a call are next: whoever is free takes some, on whatever thread. Stopping it
 * ends all who take part.
 */

const STOPPED = 2 ** 30
/** Added to the number of helpers. */
const CLOSED = 2 ** 30

/**
 * Some queries that follow each other.
 *
 * @internal
 */
export interface QueryRun {
  readonly from: number
  readonly to: number
}

/**
 * The queries of one call, to be taken by several threads.
 *
 * @internal
 */
export class QueryTurns {
  /** Two numbers: the next query, and the threads that help. Goes to them. */
  readonly state: Int32Array
  readonly #count: number
  readonly #runLength: number

  /**
   * @param count - below 2^30
   * @param runLength - how many are taken at a time
   * @param state - where the turns are taken on another thread already
   */
  constructor(
    count: number,
    runLength: number,
    state: Int32Array = new Int32Array(new SharedArrayBuffer(8)),
  ) {
    this.state = state
    this.#count = count
    this.#runLength = runLength
  }

  /** Whether nobody is to go on, not even with a query under way. */
  get isStopped(): boolean {
    return Atomics.load(this.state, 0) >= STOPPED
  }

  /** Whether there are threads that take queries. */
  get hasHelpers(): boolean {
    return Atomics.load(this.state, 1) > 0
  }

  /** Lets this thread take queries; false: it came too late, and must touch no memory. */
  help(): boolean {
    return Atomics.add(this.state, 1, 1) < CLOSED
  }

  /** Lets no further threads help. Returns whether some have come before. */
  close(): boolean {
    return Atomics.add(this.state, 1, CLOSED) > 0
  }

  /** Queries that nobody has taken. */
  get leftCount(): number {
    return Math.max(0, this.#count - Atomics.load(this.state, 0))
  }

  /** The next queries; undefined when there are none. */
  take(): QueryRun | undefined {
    if (this.leftCount === 0) return undefined
    const from = Atomics.add(this.state, 0, this.#runLength)
    return from < this.#count
      ? { from, to: Math.min(this.#count, from + this.#runLength) }
      : undefined
  }

  /** Ends it. */
  stop(): void {
    Atomics.store(this.state, 0, STOPPED)
  }
}
