/** What an index shows of itself: to searches, and in numbers. Types only. */

import type { CodeSpace } from '../contract/index.js'

/**
 * The codes of a segment.
 *
 * @internal
 */
export interface SegmentCodes {
  /** Whole blocks, from the first row of the segment on. */
  readonly blocks: Uint8Array
  /** Rows of the segment that have codes: a multiple of 32. */
  readonly rowCount: number
}

/**
 * The codes as a search sees them. They change while it runs, and stay true all the time.
 *
 * @internal
 */
export interface CodeView {
  readonly space: CodeSpace
  /** The codes of a segment, now. Not to be kept over a turn of the event loop. */
  codesOf(segment: number): SegmentCodes | undefined
}

/**
 * What an index holds, now.
 *
 * @public
 */
export interface IndexStats {
  /** Rows that have a code; searches compare the others exactly. */
  readonly encodedRows: number
  /** Bytes of memory held. */
  readonly memoryBytes: number
}
