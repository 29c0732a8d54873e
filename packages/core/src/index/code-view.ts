/** What an index shows of itself: to searches, on any thread, and in numbers. Types only. */

import type { CodeLists, CodeSpace } from '../contract/index.js'
import type { SearchPlan } from './calibration/calibration.js'
import type { SearchedLists } from './row-lists.js'

/**
 * The lists, for a search.
 *
 * @internal
 */
export interface ListView {
  readonly space: CodeSpace
  readonly lists: CodeLists
  readonly listCount: number
}

/**
 * The codes of some rows of a segment.
 *
 * @internal
 */
export interface SegmentCodes {
  readonly space: CodeSpace
  /** The region of their blocks, of which the first is that of the first row of the segment. */
  readonly handle: number
  /** Of the rows of the segment, those from here … */
  readonly from: number
  /** … to here have codes: multiples of 32. Those before are in lists. */
  readonly to: number
}

/**
 * The codes of some rows of a segment, as {@link SegmentCodes} has them.
 *
 * @internal
 */
export interface SegmentCodeMemory {
  readonly space: CodeSpace
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

/**
 * The index as a search sees it, as plain data in memory that threads may share.
 *
 * @internal
 */
export interface IndexMemory {
  readonly lists: SearchedLists | undefined
  readonly listedRows: number
  /** By segment. */
  readonly tail: readonly (SegmentCodeMemory | undefined)[]
}

/**
 * How to search an index.
 *
 * @internal
 */
export interface IndexPlan extends SearchPlan {
  /** How sure the bounds of rows in no list must be. */
  readonly tailEps: number
}

/**
 * The index as searches see it from one moment on, in memory that stays until they end.
 *
 * @internal
 */
export interface CodeView {
  /** Absent before lists were made. */
  readonly lists: ListView | undefined
  /** Rows below this are in lists. */
  readonly listedRows: number
  /** How to find this share of the k nearest rows; without lists none are to be scanned. */
  plan(recall: number, k: number): IndexPlan
  /** Regions of the raw rows, as a `RowTable` has them, for the next kernel call. */
  segmentHandles(rowCount: number): Uint32Array
  /** The codes of a segment. */
  codesOf(segment: number): SegmentCodes | undefined
}

/**
 * An index that searches look at.
 *
 * @internal
 */
export interface HeldCodeView extends CodeView {
  /** Where it lies. */
  memory(): IndexMemory
  /** Ends the searches; to be called once. */
  end(): void
}

/**
 * What an index holds, now.
 *
 * @public
 */
export interface IndexStats {
  /** Rows that have a code; searches compare the others exactly. */
  readonly encodedRows: number
  /** Those of them that are in lists; searches scan all others. */
  readonly listedRows: number
  /** Lists there are. */
  readonly lists: number
  /** Bytes of memory held. */
  readonly memoryBytes: number
}
