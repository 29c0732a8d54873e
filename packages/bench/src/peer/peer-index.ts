/** What graph indexes of other libraries are to the benchmark of searches. Types only. */

/**
 * What a peer is given: rows and queries as float32, one after the other.
 *
 * @internal
 */
export interface PeerVectors {
  readonly rows: Float32Array
  readonly queries: Float32Array
  readonly dimension: number
  /** Neighbours wanted. */
  readonly k: number
}

/**
 * An index, searched in one way.
 *
 * @internal
 */
export interface PeerSetting {
  /** Candidates that a search keeps: more find more, and take longer. */
  readonly ef: number
  /** Called before a run of searches with this setting. */
  prepare(): void
  /** Rows nearest to the query of that number, by cosine; one thread. */
  search(query: number): ArrayLike<number | bigint>
}

/**
 * An index of another library.
 *
 * @internal
 */
export interface PeerIndex {
  /** How it was built, for the report. */
  readonly parameters: string
  /**
   * Adds all rows, on one thread.
   *
   * @param onProgress - takes rows so far; the event loop turns after it
   */
  build(onProgress: (rows: number) => void): Promise<void>
  /** A way to search it. */
  at(ef: number): PeerSetting
}
