/**
 * The parts of a build that threads share, as they are told of them. What a batch of one writes,
 * no other batch reads or writes. All arrays are in shared memory, but for those of spaces. Types
 * only.
 */

import type { AssignTask, CodeSpace } from '../../contract/index.js'
import type { SearchPlan } from '../calibration/calibration.js'
import type { RowLists } from '../row-lists.js'

/**
 * Rows and how they are assigned.
 *
 * @internal
 */
export interface AssignPart {
  readonly kind: 'assign'
  readonly task: Omit<AssignTask, 'rows' | 'lists'>
  /** Row numbers, ascending. */
  readonly rows: Uint32Array
  /** As in an {@link AssignTask}, for all rows. */
  readonly lists: Uint32Array
}

/**
 * Rows by their lists.
 *
 * @internal
 */
export interface MeansPart {
  readonly kind: 'means'
  readonly space: CodeSpace
  /** Row numbers, list after list, ascending in each. */
  readonly rows: Uint32Array
  /** Where those of each list begin, and their end behind them. */
  readonly starts: Uint32Array
  /** `n` numbers for each list. */
  readonly centroids: Float32Array
}

/**
 * Runs to be cut.
 *
 * @internal
 */
export interface OrderPart {
  readonly kind: 'order'
  readonly centroids: Float32Array
  /** Numbers of a centroid. */
  readonly elements: number
  /** The numbers of the centroids, in the order so far. */
  readonly order: Uint32Array
  /** In the order of the cuts: those of runs that are not cut are there. */
  readonly next: Uint32Array
  /** Two numbers a run: its first place and the one behind its last. */
  readonly runs: Uint32Array
}

/**
 * Rows to be written to lists, behind the whole blocks that those begin with.
 *
 * @internal
 */
export interface WritePart extends Pick<RowLists, 'space' | 'centroids' | 'chunks' | 'extents'> {
  readonly kind: 'write'
  /** Row numbers, list after list. */
  readonly rows: Uint32Array
  /** Where those of each list begin, and their end behind them. */
  readonly starts: Uint32Array
}

/**
 * Queries and the rows found for them.
 *
 * @internal
 */
export interface NearestPart {
  readonly kind: 'nearest'
  readonly lists: RowLists
  /** Packed rows. */
  readonly queries: Uint8Array
  /** How the first rows are found; the others with the same `eps`. */
  readonly plan: SearchPlan
  /** For each query, where its rows begin, and the end behind them: room for so many. */
  readonly starts: Uint32Array
  /** How many rows were found for each query. */
  readonly counts: Uint32Array
  readonly rows: Uint32Array
  readonly distances: Float64Array
}

/**
 * A part of a build.
 *
 * @internal
 */
export type WorkPart = AssignPart | MeansPart | OrderPart | WritePart | NearestPart
