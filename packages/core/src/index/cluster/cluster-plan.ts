/** Every number that decides how good lists are, and what making them costs. */

import { availableParallelism } from 'node:os'

/**
 * Rows for which there is a list; a row may be in two. Half as many make searches a tenth faster,
 * but centroids and half-filled blocks take 20 more bytes a row (docs/benchmarks.md).
 */
const ROWS_PER_LIST = 128
/** Rows that the mean, which codes are centred on, is taken of. */
const MEAN_ROWS = 4096

/** Centroids of a group: two blocks. Rows look only into the groups nearest to them. @internal */
export const GROUP_CENTROIDS = 64
/** Centroids from which on looking at all of them is most of the work. @internal */
export const GROUPED_CENTROIDS_MIN = 2048
/** Groups that a row of the sample looks into. @internal */
export const TRAINING_BEAM = 8
/** Groups that a row looks into for its lists. @internal */
export const BEAM = 16
/** Rounds of Lloyd's algorithm over a sample, and the rows of it for each list … */
const TRAINING = { rounds: 8, rowsPerList: 64 } as const
/** … and of so many lists that it takes long: searches scan an eighth more. */
const TRAINING_GROUPED = { rounds: 3, rowsPerList: 32 } as const
/** Centroids that are compared exactly with a row of the sample. @internal */
export const TRAINING_CANDIDATES = 8
/** Centroids among which the lists of a row are chosen. @internal */
export const CANDIDATES = 12
/** Estimates worse than the best by more than twice this are not looked at. @internal */
export const MARGIN = 0.05

/** Rows for which it pays to start assistants, which takes each some tens of milliseconds. */
const ASSISTED_ROWS_MIN = 100_000
/** Cores but one are used for making lists, so many more than one at most. */
const ASSISTANTS_MAX = 3

/**
 * How many threads are to help the one that clusters.
 *
 * @param rowCount - rows to be put into lists
 * @internal
 */
export function assistantsFor(rowCount: number): number {
  if (rowCount < ASSISTED_ROWS_MIN) return 0
  return Math.min(ASSISTANTS_MAX, availableParallelism() - 1)
}

/**
 * How many of what.
 *
 * @internal
 */
export interface ClusterPlan {
  /** At least 1. */
  readonly listCount: number
  readonly sampleRows: number
  readonly trainingRounds: number
  readonly meanRows: number
}

/**
 * The plan for so many rows.
 *
 * @internal
 */
export function clusterPlanOf(rowCount: number): ClusterPlan {
  const listCount = Math.max(1, Math.round(rowCount / ROWS_PER_LIST))
  const training = listCount < GROUPED_CENTROIDS_MIN ? TRAINING : TRAINING_GROUPED
  return {
    listCount,
    sampleRows: Math.min(rowCount, listCount * training.rowsPerList),
    trainingRounds: training.rounds,
    meanRows: Math.min(rowCount, MEAN_ROWS),
  }
}
