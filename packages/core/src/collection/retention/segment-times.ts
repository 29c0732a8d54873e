/**
 * When the newest row of each segment was written, in seconds since 1970; 0 where nobody knows.
 * Times only rise: where the clock is set back, rows stay longer, and none goes too soon.
 */

const SEGMENTS_MIN = 16

/**
 * The times of one collection.
 *
 * @internal
 */
export class SegmentTimes {
  #seconds = new Uint32Array(SEGMENTS_MIN)

  /** When the newest row of a segment was written; 0 where nobody knows. */
  of(segment: number): number {
    return this.#seconds[segment] ?? 0
  }

  /** Says that rows of segments `first` to `last` were written. */
  note(first: number, last: number, seconds: number): void {
    this.#makeRoom(last + 1)
    for (let segment = first; segment <= last; segment++) {
      this.#seconds[segment] = Math.max(this.of(segment), seconds)
    }
  }

  /** Gives the first `segmentCount` segments a time where nobody knows theirs. */
  assume(segmentCount: number, seconds: number): void {
    this.#makeRoom(segmentCount)
    for (let segment = 0; segment < segmentCount; segment++) {
      if (this.of(segment) === 0) this.#seconds[segment] = seconds
    }
  }

  /** The times of the first `segmentCount` segments, as they are now: a copy of 4 bytes each. */
  snapshot(segmentCount: number): Uint32Array {
    const times = new Uint32Array(segmentCount)
    times.set(this.#seconds.subarray(0, segmentCount))
    return times
  }

  /** Starts from a snapshot, in place of what was in. */
  restore(times: Uint32Array): void {
    this.#seconds = new Uint32Array(Math.max(SEGMENTS_MIN, times.length))
    this.#seconds.set(times)
  }

  #makeRoom(segmentCount: number): void {
    if (segmentCount <= this.#seconds.length) return
    const grown = new Uint32Array(Math.max(segmentCount, 2 * this.#seconds.length))
    grown.set(this.#seconds)
    this.#seconds = grown
  }
}
