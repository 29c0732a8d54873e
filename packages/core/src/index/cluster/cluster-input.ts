/** What a clustering is given, and what it asks of the one who runs it. Types only. */

import type { RowShape } from '../code-space.js'
import type { RowLists, SegmentedRows } from '../row-lists.js'
import type { SharedWork } from './shared-work.js'

/**
 * Rows to be put into lists.
 *
 * @internal
 */
export interface ClusterInput {
  readonly shape: RowShape
  /** Must stay as they are until the clustering ends. */
  readonly rows: SegmentedRows
  /** Decides which rows are drawn: a u32. */
  readonly seed: number
  readonly listsPerRow: 1 | 2
  /** Recent queries, packed; may be empty. */
  readonly queries: Uint8Array
  /**
   * Lists that only those rows are to be added to that came after them. Where there are none, the
   * lists are calibrated anew.
   */
  readonly from?: RowLists
}

/**
 * Parts of a build, in their order; an extension has only the last three.
 *
 * @internal
 */
export type ClusterStage = 'sample' | 'train' | 'assign' | 'write' | 'calibrate'

/**
 * How far a clustering is.
 *
 * @internal
 */
export interface ClusterProgress {
  readonly stage: ClusterStage
  /** Rows of this stage that were gone through: in all its rounds, or once for each list. */
  readonly rowsDone: number
  readonly rowsTotal: number
}

/**
 * Other threads that help.
 *
 * @internal
 */
export interface Assistants {
  /** Begins to do batches of some work. Resolves when no assistant does or will touch it. */
  help(work: SharedWork): Promise<void>
}

/**
 * Who runs a clustering.
 *
 * @internal
 */
export interface ClusterHost {
  /**
   * Memory for lists and centroids, its bytes arbitrary, from a multiple of 64 in its buffer on.
   * Where the clustering fails, it is for the host to give back.
   */
  allocate(byteLength: number): Promise<Uint8Array>
  /** All memory is shared where there are some. */
  readonly assistants?: Assistants
  /** Awaited after every half millisecond of work; rejects to give up. */
  step(progress: ClusterProgress): Promise<void>
}
